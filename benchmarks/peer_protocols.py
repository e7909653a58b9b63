"""Score one fixed set of detections under every protocol and write the table of docs/scoring.md.

The detections are those of a published system (MMUTF's release, which reproduce UniCL's): text
mentions with repeats removed, image mentions, and as links all pairs of a text and an image mention
of one type in one document. They have no arguments, so only the three EMI scores are shown.

    python benchmarks/peer_protocols.py ../shared/data/peer_predictions ../shared/data/m2e2

replaces the lines between the two marks in docs/scoring.md and prints them; ``--check`` only says
whether they are up to date (exit code 1 if not).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rmpl.corpora.gold import read_gold
from rmpl.records import Document, ImageEvent, Link, Span, TextEvent
from rmpl.scoring import Counts, score_by_document
from rmpl.scoring.protocols import MARK, PROTOCOLS

DOCS = Path(__file__).parents[1] / "docs" / "scoring.md"
END = "<!-- end -->"
TASKS = ("text_emi", "image_emi", "mm_emi")


def read_detections(folder: Path) -> list[Document]:
    """Return the detections as documents: mentions once each, mentions of one type linked."""

    def lines(name: str) -> list[dict[str, str]]:
        return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]

    text: dict[str, dict[TextEvent, None]] = {}
    for x in lines("text_mentions.jsonl"):
        span = Span(int(x["start"]), int(x["end"]))
        event = TextEvent(
            f"{x['wnd_id']}:{span.start}:{x['event_type']}", x["wnd_id"], x["event_type"], span
        )
        text.setdefault(x["doc_id"], {})[event] = None
    image: dict[str, dict[ImageEvent, None]] = {}
    for x in lines("image_mentions.jsonl"):
        found = ImageEvent(x["wnd_id"], x["wnd_id"], x["trigger"])
        image.setdefault(x["doc_id"], {})[found] = None
    return [
        Document(
            name,
            text_events=tuple(text.get(name, ())),
            image_events=tuple(image.get(name, ())),
            links=tuple(
                Link(t.id, i.id)
                for t in text.get(name, ())
                for i in image.get(name, ())
                if t.event_type == i.event_type
            ),
        )
        for name in sorted(text.keys() | image.keys())
    ]


def table(gold: list[Document], predicted: list[Document]) -> list[str]:
    """Return the Markdown table of the three EMI scores under every protocol that defines any."""
    results = score_by_document(gold, predicted, list(PROTOCOLS))
    rows = [
        "| protocol | text EMI | image EMI | multimedia EMI |",
        "|---|---|---|---|",
    ]
    for name, scores in results.items():
        given = PROTOCOLS[name].gold_given
        totals = scores.total()
        if name == "legacy":
            rows.append(_row(name, totals, given))
            totals = {"mm_emi": totals["mm_emi_restricted"]}
            rows.append(_row("legacy, mm_emi_restricted", totals, frozenset({"mm_emi"})))
        elif totals.keys() & set(TASKS):
            rows.append(_row(name, totals, given))
    return rows


def _row(name: str, totals: dict[str, Counts], given: frozenset[str]) -> str:
    cells = []
    for task in TASKS:
        counts = totals.get(task)
        if counts is None:
            cells.append("-")
            continue
        mark = f" **{MARK}**" if task in given else ""
        numbers = f"{counts.p:.1f} / {counts.r:.1f} / **{counts.f1:.1f}**"
        cells.append(f"{numbers} ({counts.tp} / {counts.n_pred} / {counts.n_gold}){mark}")
    return f"| {name} | {' | '.join(cells)} |"


def _between(page: str, begin: str, lines: list[str]) -> str:
    """Replace what stands between a mark and the next end mark."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return "\n".join([before + begin, *lines, END]) + after


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 2:
        print(__doc__)
        return 2
    detections, m2e2 = map(Path, arguments)
    gold = read_gold(m2e2, entities=True).documents
    lines = table(gold, read_detections(detections))
    print("\n".join(lines))
    grants = [
        f"- **{p.name}**: {p.grants}. As in {p.imitates}."
        + (f" **{MARK}**: {', '.join(sorted(p.gold_given))}." if p.gold_given else "")
        for p in PROTOCOLS.values()
    ]
    page = _between(DOCS.read_text("utf-8"), "<!-- table: peer_protocols -->", lines)
    page = _between(page, "<!-- list: protocols -->", grants)
    if "--check" in sys.argv:
        return int(page != DOCS.read_text("utf-8"))
    DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
