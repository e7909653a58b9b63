"""How fast documents are extracted, as ratios within one run.

    python benchmarks/extract.py --run RUN
    python benchmarks/extract.py --run RUN --memory 10000

The first line takes 256 documents of a synthetic corpus that the model has not seen, and lets
engines answer the very same prompts: those that the pipeline asks. The first is transformers'
``generate``, one prompt at a time; it answers every 16th prompt, and its time is that of all by
proportion. The engines take turns, and a ratio is one of neighbours in time. Processor seconds are
shown beside the clock's: on a machine that others use, they are what can be compared (with
OMP_NUM_THREADS=1: threads that wait for each other count, too). Without ``--run`` the model is the
embedded base, which knows no events and writes odd answers.

The second line extracts a folder of so many short articles with a picture each, as ``rmpl extract``
does, and prints the memory of the process as it goes. It cannot go on where it was stopped: the
memory of another process says nothing.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import transformers
from rich.console import Console
from rich.table import Table

from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.errors import RmplError
from rmpl.extraction.engines.base import Engine, Progress, Reply
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.extraction.extractor import Extractor
from rmpl.extraction.pipeline import Pipeline
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.predictions.results import ResultsFile, result_line
from rmpl.records import Document
from rmpl.runs.trained import load_trained
from rmpl.synthetic.documents import plan_corpus
from rmpl.synthetic.story.casts import Setting
from rmpl.synthetic.story.names import TEST_NAMES
from rmpl.synthetic.writers.m2e2 import write_m2e2
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

SEED = 11
STEP = 16
"""The engine that answers one prompt at a time answers every so manieth."""
SAMPLES = 40
"""So often memory is looked at."""


class Call(NamedTuple):
    """Prompts that the pipeline asks together."""

    prompts: list[Prompt]
    grammars: list[Grammar]
    max_tokens: int


class Recorder:
    """Notes what the pipeline asks, and lets an engine answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.calls: list[Call] = []

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer, and take note."""
        self.calls.append(Call(list(prompts), list(grammars or ()), max_tokens))
        return self._engine.answer(
            prompts, max_tokens=max_tokens, grammars=grammars, progress=progress
        )


class Spent(NamedTuple):
    """Seconds by the clock, and of processors."""

    clock: float
    processors: float


def timed(work: Callable[[], None]) -> Spent:
    clock, processors = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - clock, time.process_time() - processors)


@torch.inference_mode()
def generate(backbone: Backbone, call: Call, batch: int, *, is_sorted: bool = False) -> None:
    """Answer with transformers' own greedy decoding, as a loop of ten lines does."""
    prompts = call.prompts
    if is_sorted:
        prompts = sorted(prompts, key=lambda p: (p.image is None, len(p.text)))
    for at in range(0, len(prompts), batch):
        encoded = [backbone.encode(prompt) for prompt in prompts[at : at + batch]]
        inputs = backbone.collate(encoded, pad_left=True)
        output = backbone.model.generate(**inputs, max_new_tokens=call.max_tokens, do_sample=False)
        for row in output[:, inputs["input_ids"].shape[1] :].tolist():
            backbone.read(row)


def engines(backbone: Backbone, calls: Sequence[Call]) -> dict[str, Callable[[], Spent]]:
    """Return what is compared; the first is what the others are compared with."""

    def one_at_a_time() -> Spent:
        clock = processors = 0.0
        for call in calls:
            sample = call._replace(prompts=call.prompts[::STEP])
            spent = timed(functools.partial(generate, backbone, sample, 1))
            share = len(call.prompts) / max(1, len(sample.prompts))
            clock += spent.clock * share
            processors += spent.processors * share
        return Spent(clock, processors)

    def plain(*, is_sorted: bool) -> Spent:
        def work() -> None:
            for call in calls:
                generate(backbone, call, 32, is_sorted=is_sorted)

        return timed(work)

    def ours(*, batch: int | None = 32, constrained: bool = True, **options: bool) -> Spent:
        def work() -> None:
            engine = LocalEngine(backbone, batch=batch, **options)
            for call in calls:
                grammars = call.grammars if constrained else None
                engine.answer(call.prompts, max_tokens=call.max_tokens, grammars=grammars)

        return timed(work)

    whole = {"prefix_caching": False}
    return {
        f"generate, one at a time (every {STEP}th)": one_at_a_time,
        "generate, batches of 32": lambda: plain(is_sorted=False),
        "generate, batches of 32, sorted": lambda: plain(is_sorted=True),
        "ours, 32, plain weights, nothing shared, no grammar": lambda: ours(
            constrained=False, prepacking=False, **whole
        ),
        "ours, 32, nothing shared, no grammar": lambda: ours(constrained=False, **whole),
        "ours, 32, no grammar": lambda: ours(constrained=False),
        "ours, 32, nothing shared": lambda: ours(**whole),
        "ours, 32": ours,
        "ours": lambda: ours(batch=None),
    }


def documents_of(folder: Path, count: int) -> list[Document]:
    """Build documents in the names and looks of the world's test half; gold is taken off."""
    corpus = plan_corpus(count, random.Random(f"{SEED}/m2e2"), Setting(TEST_NAMES, held_out=True))
    write_m2e2(folder / "m2e2", corpus, seed=SEED, drawn=lambda: None)
    return [
        Document(id=document.id, sentences=document.sentences, images=document.images)
        for document in read_m2e2(folder / "m2e2")
    ]


def show(turns: dict[str, list[Spent]], count: int) -> None:
    """Print the table."""
    first = next(iter(turns.values()))
    table = Table("engine", "documents/s", "ratio", "of all turns", "ratio of processor seconds")
    for name, taken in turns.items():
        ratios = [base.clock / one.clock for one, base in zip(taken, first, strict=True)]
        others = [base.processors / one.processors for one, base in zip(taken, first, strict=True)]
        table.add_row(
            name,
            f"{count / statistics.median(one.clock for one in taken):.1f}",
            f"{statistics.median(ratios):.2f}",
            " ".join(f"{ratio:.2f}" for ratio in ratios),
            f"{statistics.median(others):.2f}",
        )
    Console(width=130).print(table)


def compare(backbone: Backbone, documents: list[Document], options: argparse.Namespace) -> None:
    """Let the engines take turns."""
    context = backbone.context(load_ontology("m2e2"))
    recorder = Recorder(LocalEngine(backbone))
    Pipeline(recorder, context).extract(documents)
    found = engines(backbone, recorder.calls)
    wanted = [name for name in found if not options.only or options.only in name]
    turns: dict[str, list[Spent]] = {name: [] for name in wanted}
    for _ in range(options.repeats):
        for name in wanted:
            turns[name].append(found[name]())
    prompts = ", ".join(str(len(call.prompts)) for call in recorder.calls)
    print(
        f"{len(documents)} documents, prompts of the steps: {prompts}; "
        f"{torch.get_num_threads()} threads on {os.cpu_count()} cores, torch {torch.__version__}, "
        f"transformers {transformers.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    show(turns, len(documents))


def write_articles(folder: Path, documents: Sequence[Document], count: int) -> None:
    """Write ever new articles: two sentences and a picture each, no two of them the same."""
    pictures = [Path(i.path) for d in documents for i in d.images if i.path is not None]
    sentences = [s.text for d in documents for s in d.sentences]
    folder.mkdir()
    for number in range(count):
        first, second = (sentences[(2 * number + n) % len(sentences)] for n in (0, 1))
        name = folder / f"{number:06}"
        name.with_suffix(".txt").write_text(f"As {number} people know, {first} {second}", "utf-8")
        name.with_suffix(".jpg").hardlink_to(pictures[number % len(pictures)])


def memory(backbone: Backbone, folder: Path, documents: Sequence[Document], count: int) -> None:
    """Extract a folder of articles as ``rmpl extract`` does; print the memory as it goes."""
    articles, report = folder / "articles", ReadReport()
    write_articles(articles, documents, count)
    sources = find_sources([str(articles)], report, _refuse)
    extractor = Extractor(LocalEngine(backbone), backbone.context(load_ontology("m2e2")))
    results = ResultsFile(folder / "events.jsonl", extractor.about)
    began, events = time.perf_counter(), 0
    print(f"before: {_resident():,.0f} MiB", flush=True)
    stream = extractor.stream(Reader(report, _refuse).read(sources))
    for done, (item, found) in enumerate(stream, start=1):
        if isinstance(found, RmplError):
            raise found
        results.append(result_line(found, item))
        results.done.add(found.id)
        events += len(found.text_events) + len(found.image_events)
        if done % max(1, count // SAMPLES) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{done:6} documents, {events:6} events, {time.perf_counter() - began:6,.0f} s: "
                f"{_resident():,.0f} MiB, peak {peak:,.0f}",
                flush=True,
            )
    results.close()


def _refuse(error: RmplError) -> None:
    raise error


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Compare engines, or measure memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--run", type=Path, help="a trained run; default the embedded base")
    parser.add_argument("--documents", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="only engines with this in their names")
    parser.add_argument("--memory", type=int, default=0, help="extract so many short articles")
    options = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    backbone = load_trained(options.run) if options.run else load_backbone("embedded")
    backbone.model.eval()
    with tempfile.TemporaryDirectory() as name:
        documents = documents_of(Path(name), options.documents)
        if options.memory:
            memory(backbone, Path(name), documents, options.memory)
        else:
            compare(backbone, documents, options)


if __name__ == "__main__":
    main()
