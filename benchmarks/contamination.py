"""How fast sentences of the test data are found in training text, as a table.

``python benchmarks/contamination.py [folder of real data]``: M2E2's sentences against those of
RAMS, WikiEvents, the English Web Treebank and MNRE, as many of them as are in the folder
(``m2e2/``, ``rams/``, ``wikievents/``, ``propbank_ewt/propbank_ewt.tar.xz``, ``mnre/v2/``), 30,000
at most. Besides, copies of M2E2's sentences with their last one to four words changed: what is
found of them is compared with what comparing every pair finds.
"""

from __future__ import annotations

import ast
import functools
import itertools
import json
import random
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from rmpl.corpora.contamination import MIN_SHINGLES, SHINGLE, THRESHOLD, ContaminationCheck
from rmpl.corpora.registry import read_corpus
from rmpl.records import Document, Sentence

T = TypeVar("T")

MOST = 30_000
REPEATS = 3
CHANGED = 500


def rams(folder: Path) -> Iterator[str]:
    for record in _json_lines(folder, "*.jsonlines"):
        yield from map(" ".join, record["sentences"])


def wikievents(folder: Path) -> Iterator[str]:
    for record in _json_lines(folder, "*.jsonl"):
        yield from (text for _, text in record["sentences"])


def web_treebank(folder: Path) -> Iterator[str]:
    mark = b"# text = "
    for archive in folder.glob("*.tar.xz"):
        with tarfile.open(archive) as files:
            for member in files:
                content = files.extractfile(member) if member.name.endswith(".conllu") else None
                for line in content or ():
                    if line.startswith(mark):
                        yield line[len(mark) :].decode().strip()


def mnre(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("v2/*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield " ".join(ast.literal_eval(line)["token"])


TRAINING: dict[str, Callable[[Path], Iterator[str]]] = {
    "rams": rams,
    "wikievents": wikievents,
    "propbank_ewt": web_treebank,
    "mnre": mnre,
}


def _json_lines(folder: Path, pattern: str) -> Iterator[Any]:
    for path in sorted(folder.glob(pattern)):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def documents(texts: list[str]) -> list[Document]:
    """Make a document of each text, of ids that are in no corpus."""
    return [
        Document(f"training {n}", sentences=(Sentence(f"training {n}, 0", text, ()),))
        for n, text in enumerate(texts)
    ]


def changed(texts: list[str]) -> list[str]:
    """Return copies of sentences with their last one to four words replaced by others."""
    chooser = random.Random(0)
    words = sorted({word for text in texts for word in text.split()})
    copies = []
    for text in chooser.sample(texts, CHANGED):
        others = chooser.choices(words, k=chooser.randint(1, 4))
        copies.append(" ".join([*text.split()[: -len(others)], *others]))
    return copies


def count_found(check: ContaminationCheck, texts: list[Document]) -> int:
    """Count the documents that the contamination check would keep out of training."""
    return sum(check.overlap(text) is not None for text in texts)


def by_comparing_all(test: list[str], texts: list[str]) -> int:
    """Count the texts that are nearly one of the test sentences, in the slow and obvious way."""
    known = [shingles for text in test if len(shingles := _shingles(text)) >= MIN_SHINGLES]
    return sum(
        any(len(own & other) / len(own | other) >= THRESHOLD for other in known)
        for own in map(_shingles, texts)
        if len(own) >= MIN_SHINGLES
    )


def _shingles(text: str) -> set[tuple[str, ...]]:
    kept = (c if c.isalnum() or c == "_" else " " for c in text.lower())
    words = "".join(kept).split()
    return {tuple(words[n : n + SHINGLE]) for n in range(len(words) - SHINGLE + 1)}


def fastest(work: Callable[[], T]) -> tuple[float, T]:
    """Return the least processor time of some runs, and what the last one gave."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return min(times), result


def main() -> None:
    """Measure, compare and print the tables."""
    real = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data")
    test = list(read_corpus("m2e2", real / "m2e2"))
    test_texts = [sentence.text for document in test for sentence in document.sentences]
    build, check = fastest(lambda: ContaminationCheck(test))

    times = Table("sentences", "of", "CPU s", "nearly M2E2's")
    times.add_row("M2E2, indexed", f"{len(test_texts):,}", f"{build:.2f}", "")
    left = MOST
    for name, read in TRAINING.items():
        texts = documents(list(itertools.islice(read(real / name), left)))
        left -= len(texts)
        seconds, found = fastest(functools.partial(count_found, check, texts))
        times.add_row(name, f"{len(texts):,}", f"{seconds:.2f}", f"{found:,}")

    copies = changed(test_texts)
    found = count_found(check, documents(copies))
    changes = Table(f"{CHANGED} changed copies of M2E2's sentences", "found")
    changes.add_row("by the contamination check", f"{found:,}")
    changes.add_row("by comparing every pair", f"{by_comparing_all(test_texts, copies):,}")
    console = Console(width=100)
    console.print(times)
    console.print(changes)


if __name__ == "__main__":
    main()
