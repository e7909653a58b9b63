"""What starting costs: processor time of fresh processes, and the imports that take most of it.

    python benchmarks/imports.py [--times 5]

Processor time, because a busy machine makes the clock's say little. The base install should start
in about 0.3 s, help be there in about 0.5 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

PROGRAMS = {
    "python": ["-c", "pass"],
    "import rmpl": ["-c", "import rmpl"],
    "rmpl --help": ["-m", "rmpl.cli.main", "--help"],
    "rmpl score --help": ["-m", "rmpl.cli.main", "score", "--help"],
    "rmpl predict --help": ["-m", "rmpl.cli.main", "predict", "--help"],
    "import torch": ["-c", "import torch"],
    "import transformers": ["-c", "import transformers"],
}
SHOWN = 12


def seconds(words: list[str]) -> float | None:
    """Return the processor time of a process, ``None`` if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *words], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def slowest_imports(words: list[str]) -> list[tuple[float, float, str]]:
    """Return (own ms, ms with what it imports, module) of the modules that take longest."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True
    )
    found = []
    for line in done.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        whole, _, name = rest.partition("|")
        if own.strip().isdigit():
            found.append((int(own) / 1000, int(whole) / 1000, name.strip()))
    return sorted(found, reverse=True)[:SHOWN]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=5, help="processes each; the best counts")
    times = parser.parse_args().times
    print(f"{'':22}processor s")
    for name, words in PROGRAMS.items():
        taken = [seconds(words) for _ in range(times)]
        known = [one for one in taken if one is not None]
        print(f"{name:22}{f'{min(known):.2f}' if known else 'not installed'}")
    print(f"\nrmpl --help: the {SHOWN} slowest imports\n{'own ms':>8}{'in all':>8}")
    for own, whole, name in slowest_imports(PROGRAMS["rmpl --help"]):
        print(f"{own:8.1f}{whole:8.1f}  {name}")


if __name__ == "__main__":
    main()
