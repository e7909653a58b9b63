"""What programs and scripts may build on, as it was last agreed: tests/public_surface.txt.

A change there is a change for users: say so in CHANGELOG.md, then write the file anew with

    .venv/bin/python tests/test_public_surface.py
"""

import dataclasses
import difflib
import inspect
import typing
from pathlib import Path

import msgspec
import pytest
import typer

import rmpl

FILE = Path(__file__).with_name("public_surface.txt")
RENEW = f"if that is meant: python tests/{Path(__file__).name}, and a line in CHANGELOG.md"


def surface():
    """Return the public surface, a line each."""
    from rmpl.cli.main import app
    from rmpl.io import formats
    from rmpl.views import events

    yield "# Names of rmpl"
    for name in sorted(rmpl.__all__):
        yield from described(f"rmpl.{name}", getattr(rmpl, name))
    yield from ("", "# Records, of which documents are made")
    for name, kind in sorted(vars(rmpl.records).items()):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and name[0] != "_":
            yield from described(f"rmpl.records.{name}", kind)
    yield from ("", "# Events and arguments of views")
    for name in ("ArgumentView", "EventView"):
        yield from described(f"rmpl.views.events.{name}", getattr(events, name))
    yield from ("", "# Commands")
    yield from commands("rmpl", typer.main.get_command(app))
    yield from ("", "# Formats and entry points")
    for name, written in sorted(vars(formats).items()):
        if isinstance(written, str) and name.isupper() and name[0] != "_":
            yield f"format {written}"
    for registry in registries():
        yield f"entry points {registry.group}: {registry.noun}"


def registries():
    from rmpl import tasks
    from rmpl.backbones import families
    from rmpl.corpora import registry
    from rmpl.scoring import protocols

    return (registry.REGISTRY, tasks.REGISTRY, families.REGISTRY, protocols.REGISTRY)


def described(name, value):
    """Yield a function with its signature, a class with its fields and public methods."""
    if inspect.isclass(value):
        fields = typing.cast(tuple[str, ...], getattr(value, "__struct_fields__", ()))
        if dataclasses.is_dataclass(value):
            fields = tuple(field.name for field in dataclasses.fields(value))
        yield f"{name}{inspect.signature(value)}" if issubclass(value, msgspec.Struct) else name
        for key, member in sorted(vars(value).items()):
            if key[0] == "_" or key in fields:
                continue
            inner = getattr(member, "__func__", member)
            said = inspect.signature(inner) if inspect.isfunction(inner) else ""
            yield f"{name}.{key}{said}"
        if not issubclass(value, msgspec.Struct | Exception) and "__init__" in vars(value):
            yield f"{name}.__init__{inspect.signature(value.__init__)}"
    elif callable(value):
        yield f"{name}{inspect.signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def commands(words, command):
    """Yield a command with its arguments and options, then its sub-commands."""
    inner = getattr(command, "commands", {})
    arguments = [(p.name or "").upper() for p in command.params if p.param_type_name == "argument"]
    options = sorted(
        " / ".join([*p.opts, *p.secondary_opts]) + ("" if p.is_flag else " VALUE")
        for p in command.params
        if p.param_type_name == "option" and p.name != "help"
    )
    former = sorted(f"{old} = {new}" for old, new in getattr(command, "former", {}).items())
    hidden = ["(hidden)"] if command.hidden else []
    shown = [*(f"[{option}]" for option in options), *(f"[{alias}]" for alias in former)]
    yield " ".join([words, *hidden, *arguments, *shown])
    for name in sorted(inner):
        yield from commands(f"{words} {name}", inner[name])


def test_the_public_surface_is_what_was_agreed():
    pytest.importorskip("torch", reason="needs rmpl[train]")
    agreed, now = FILE.read_text().splitlines(), list(surface())
    changed = list(difflib.unified_diff(agreed, now, "agreed", "now", lineterm="", n=0))
    assert not changed, "\n".join([*changed, RENEW])


def test_every_public_name_is_there_and_none_but_the_extractor_needs_torch():
    import subprocess
    import sys

    names = [name for name in rmpl.__all__ if name != "Extractor"]
    program = (
        f"import rmpl, sys; [getattr(rmpl, name) for name in {names}];"
        "assert 'Extractor' in dir(rmpl); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


if __name__ == "__main__":
    FILE.write_text("\n".join(surface()) + "\n")
