"""What ``rmpl list`` lists: names, each with a line about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rmpl.errors import RmplError
from rmpl.plugins import Registry

Named = tuple[str, str]


def corpora() -> Iterator[Named]:
    """Yield the corpora that can be read."""
    from rmpl.corpora.registry import REGISTRY

    return _of(REGISTRY, lambda corpus: corpus.about)


def tasks() -> Iterator[Named]:
    """Yield the tasks that a recipe's mixture can name."""
    from rmpl.tasks import REGISTRY

    return _of(REGISTRY, lambda task: (task.__doc__ or "").partition("\n")[0])


def protocols() -> Iterator[Named]:
    """Yield the scoring protocols."""
    from rmpl.scoring.protocols import MARK, REGISTRY

    return _of(REGISTRY, lambda one: one.grants + (f" (!! {MARK})" if one.gold_given else ""))


def schemas() -> Iterator[Named]:
    """Yield the packaged schemas; the other packaged YAML files map corpora onto them."""
    from rmpl.ontology import load_ontology, schema_names

    for name in schema_names():
        events = load_ontology(name).events
        yield name, f"{len(events)} event types: {', '.join(events)}"
    yield "FILE.yaml", "a schema of your own (docs/own_schema.md)"


def families() -> Iterator[Named]:
    """Yield the model families by ``model_type``, without importing transformers."""
    from rmpl.backbones.families import described_families

    return iter(described_families().items())


def recipes() -> Iterator[Named]:
    """Yield the recipes and ablation grids of the package."""
    from rmpl.recipe.shipped import shipped_recipes

    return ((one.path, one.about) for one in shipped_recipes())


LISTINGS: dict[str, Callable[[], Iterable[Named]]] = {
    "corpora": corpora,
    "tasks": tasks,
    "schemas": schemas,
    "protocols": protocols,
    "families": families,
    "recipes": recipes,
}


def lines(named: Iterable[Named]) -> list[str]:
    """Return a line for each name, the descriptions in a column of their own."""
    from rmpl.errors import one_line
    from rmpl.scoring.tables import aligned

    return aligned([list(map(one_line, one)) for one in named], left=2)


def _of(registry: Registry[Any], about: Callable[[Any], str]) -> Iterator[Named]:
    for name, entry in registry.all():
        yield name, str(entry) if isinstance(entry, RmplError) else about(entry)
