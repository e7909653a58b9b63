"""Time to read long texts, and how it grows when they are twice as long.

    python benchmarks/long_inputs.py [--scale 0.1]

Reading is opening, finding paragraphs, sentences and words, and looking for images, as ``rmpl
extract`` does before the model is asked. Processor time; "growth" is 2.0 where it is linear.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport

MB = 10**6
SENTENCE = "Police arrested Ana Reyes in Lima on Monday. "
CASES = {
    "1 MB of words in one line, .txt": ("txt", "police arrested people in Lima ", MB),
    "1 MB of sentences in one line, .txt": ("txt", SENTENCE, MB),
    "100,000 sentences, .txt": ("txt", "Police came to Lima.\n\n", 100_000 * 22),
    "100,000 sentences, .html": ("html", "<p>Police came to Lima.", 100_000 * 23),
    "100,000 sentences, .md": ("md", "Police came to Lima.\n\n", 100_000 * 22),
    "1 MB of sentences in one line, .jsonl": ("jsonl", SENTENCE, MB),
    "180 kB of ![a](, .md": ("md", "![a](", 180_000),
    "1 MB of ![a](b.jpg), .md": ("md", "![a](b.jpg) ", MB),
    "1 MB without a blank, .txt": ("txt", "police.arrested,", MB),
}


def seconds(kind: str, text: str, folder: Path) -> tuple[float, int]:
    """Return the processor time of reading a text, and the number of its sentences."""
    path = folder / f"a.{kind}"
    path.write_text(json.dumps({"text": text}) if kind == "jsonl" else text, encoding="utf-8")
    report, told = ReadReport(), list[RmplError]()
    began = time.process_time()
    sources = find_sources([str(path)], report, told.append)
    found = list(Reader(report, told.append).read(sources))
    return time.process_time() - began, sum(len(one.document.sentences) for one in found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="of all lengths")
    scale = parser.parse_args().scale
    print(f"{'text':40} {'sentences':>9} {'seconds':>8} {'growth':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("txt", "html"):
            seconds(kind, SENTENCE, folder)  # what is loaded once is loaded
        for what, (kind, part, length) in CASES.items():
            text = part * int(scale * length / len(part))
            once, sentences = seconds(kind, text, folder)
            twice, _ = seconds(kind, text * 2, folder)
            growth = twice / once
            print(f"{what:40} {sentences:9,} {once:8.2f} {growth:7.2f}", flush=True)


if __name__ == "__main__":
    main()
