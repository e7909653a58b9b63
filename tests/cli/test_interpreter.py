"""The Python that commands run in, and how they are stopped."""

import os
import signal
import subprocess
import sys

import pytest

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
SHOW = (
    "import sys; from rmpl.cli.interpreter import in_suitable_python; in_suitable_python()\n"
    "print(sys.flags.utf8_mode, sys.flags.optimize, *map(ascii, sys.argv[1:]))"
)
WAIT = (
    "import signal, time; from rmpl.cli import main\n"
    # What runs in the background of a script ignores Ctrl-C, and so do its children.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "@main.app.command('wait')\n"
    "def wait() -> None:\n"
    "    print('ready', flush=True)\n"
    "    time.sleep(60)\n"
    "main.main()"
)


def shown(options, **changes):
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONUTF8", "LC_ALL"}}
    done = subprocess.run(
        [sys.executable, *options, "-c", SHOW, "ü"],
        capture_output=True,
        check=False,
        env={**environment, **changes},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().split()


def test_under_an_ascii_locale_file_names_are_utf_8():
    assert shown([], **ASCII) == ["1", "0", r"'\xfc'"]


@pytest.mark.parametrize("options", [["-OO"], []])
def test_without_docstrings_a_command_starts_again_with_them(options):
    assert shown(options, PYTHONOPTIMIZE="" if options else "2")[1:] == ["1", r"'\xfc'"]


def test_where_starting_again_does_not_help_it_is_said(run=subprocess.run):
    done = run(
        [sys.executable, "-OO", "-c", "from rmpl.cli.main import main; main()", "--version"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "RMPL_INTERPRETER_CHANGED": "1"},
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "leave out -OO" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_command_says_so_in_one_line(number, code):
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.strip() == "rmpl: interrupted; run the same command again"
    assert said.strip().count("\n") == 0
