"""Draw spurious predictions of event mentions to be read by a person, and count the verdicts.

M2E2's gold is sparse: some of what it calls spurious is an event by ACE's guidelines. Verdicts
never change a score; their count stands beside the strict precision.

    python benchmarks/audit.py draw RUN/predictions.jsonl --gold M2E2_FOLDER > sample.tsv
    python benchmarks/audit.py count results/audit.jsonl --spurious N --correct N

A line of the file of verdicts has the document's and the sentence's id, type and trigger, a verdict
(``event`` or ``wrong``) and a reason; not the sentence, which is the benchmark's.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

from rmpl.corpora.registry import read_corpus
from rmpl.predictions.file import read_predictions

SEED = 7
SIZE = 100


def draw(predictions: Path, gold: Path, size: int) -> None:
    """Print spurious mentions, drawn by seed: ids, type, trigger, sentence, what the gold has."""
    documents = {one.id: one for one in read_corpus("m2e2", gold)}
    spurious = []
    correct = 0
    for found in read_predictions(predictions):
        known = documents[found.id]
        right = {(e.sentence_id, e.event_type, e.trigger) for e in known.text_events}
        for event in found.text_events:
            if (event.sentence_id, event.event_type, event.trigger) in right:
                correct += 1
            else:
                spurious.append((found.id, event))
    spurious.sort(key=lambda one: (one[0], one[1].sentence_id, one[1].trigger, one[1].event_type))
    drawn = random.Random(SEED).sample(spurious, min(size, len(spurious)))
    for document_id, event in drawn:
        known = documents[document_id]
        sentence = next(s for s in known.sentences if s.id == event.sentence_id)
        own = [
            f"{e.event_type} {sentence.slice(e.trigger)}"
            for e in known.text_events
            if e.sentence_id == event.sentence_id
        ]
        cells = [document_id, event.sentence_id, event.event_type, sentence.slice(event.trigger)]
        print("\t".join([*cells, sentence.text, "; ".join(own)]))
    print(f"# {len(spurious)} spurious, {correct} correct")


def count(verdicts: Path, spurious: int, correct: int) -> None:
    """Print the share of events among the spurious, and the precision that it implies."""
    lines = [json.loads(line) for line in verdicts.read_text().splitlines()]
    events = sum(line["verdict"] == "event" for line in lines)
    low, high = wilson(events, len(lines))
    print(f"{events} of {len(lines)} are events: {events / len(lines):.0%} ({low:.0%}-{high:.0%})")
    for name, share in (
        ("strict", 0.0),
        ("low", low),
        ("read", events / len(lines)),
        ("high", high),
    ):
        print(f"precision, {name}: {(correct + share * spurious) / (correct + spurious):.1%}")


def wilson(successes: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson, 1927)."""
    p = successes / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2)) / (1 + z * z / total)
    return middle - half, middle + half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("draw")
    one.add_argument("predictions", type=Path)
    one.add_argument("--gold", type=Path, required=True)
    one.add_argument("--size", type=int, default=SIZE)
    other = commands.add_parser("count")
    other.add_argument("verdicts", type=Path)
    other.add_argument("--spurious", type=int, required=True)
    other.add_argument("--correct", type=int, required=True)
    asked = parser.parse_args()
    if asked.command == "draw":
        draw(asked.predictions, asked.gold, asked.size)
    else:
        count(asked.verdicts, asked.spurious, asked.correct)


if __name__ == "__main__":
    main()
