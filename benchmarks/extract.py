"""How fast documents are extracted, as ratios within one run.

    python benchmarks/extract.py --run RUN
    python benchmarks/extract.py --run RUN --memory 10000

The first line takes 256 documents of a generated world that the model has not seen, and lets
engines answer the very same prompts: those that the pipeline asks. The first is transformers'
``generate``, one prompt at a time; it answers every 16th prompt, and its time is that of all by
proportion. The engines take turns, and a ratio is one of neighbours in time. Processor seconds are
shown beside the clock's: on a machine that others use, they are what can be compared (with
OMP_NUM_THREADS=1: threads that wait for each other count, too). Without ``--run`` the model is the
embedded base, which knows no events and writes odd answers.

The second line streams documents through the pipeline and prints the memory of the process.
"""

from __future__ import annotations

import argparse
import functools
import math
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
import transformers
from rich.console import Console
from rich.table import Table

from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.corpora.m2e2 import read_m2e2
from rmpl.corpora.world.casts import Setting
from rmpl.corpora.world.documents import plan_corpus
from rmpl.corpora.world.names import TEST_NAMES
from rmpl.corpora.world.write_m2e2 import write_m2e2
from rmpl.extraction.engine import Engine, Progress, Reply
from rmpl.extraction.local import LocalEngine
from rmpl.extraction.pipeline import Pipeline
from rmpl.ontology import load_ontology
from rmpl.records import Document
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar
from rmpl.training.trained import load_trained

SEED = 11
STEP = 16
"""The engine that answers one prompt at a time answers every so manieth."""
CHUNK = 64
"""Documents that go through the pipeline together when memory is measured."""


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

    whole = {"shares_beginnings": False}
    return {
        f"generate, one at a time (every {STEP}th)": one_at_a_time,
        "generate, batches of 32": lambda: plain(is_sorted=False),
        "generate, batches of 32, sorted": lambda: plain(is_sorted=True),
        "ours, 32, plain weights, nothing shared, no grammar": lambda: ours(
            constrained=False, packs_weights=False, **whole
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


def stream(documents: Sequence[Document], count: int) -> Iterator[list[Document]]:
    """Yield chunks of ever new documents, the same ones under other ids."""
    for at in range(0, count, CHUNK):
        yield [renamed(documents[n % len(documents)], n) for n in range(at, min(at + CHUNK, count))]


def renamed(document: Document, number: int) -> Document:
    replace = msgspec.structs.replace
    return replace(
        document,
        id=f"{document.id}-{number}",
        sentences=tuple(replace(s, id=f"{s.id}-{number}") for s in document.sentences),
        images=tuple(replace(i, id=f"{i.id}-{number}") for i in document.images),
    )


def memory(backbone: Backbone, documents: Sequence[Document], count: int) -> None:
    """Extract a stream of documents; print the memory of the process as it goes."""
    pipeline = Pipeline(LocalEngine(backbone), backbone.context(load_ontology("m2e2")))
    done, events, shown = 0, 0, 0.0
    for chunk in stream(documents, count):
        events += sum(len(d.text_events) + len(d.image_events) for d in pipeline.extract(chunk))
        done += len(chunk)
        if math.log2(done / CHUNK) >= shown or done == count:
            shown = math.floor(math.log2(done / CHUNK)) + 1
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            now = pages * resource.getpagesize() / 2**20
            print(f"{done:6} documents, {events:6} events: {now:,.0f} MiB, peak {peak:,.0f}")


def main() -> None:
    """Compare engines, or measure memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--run", type=Path, help="a trained run; default the embedded base")
    parser.add_argument("--documents", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="only engines with this in their names")
    parser.add_argument("--memory", type=int, default=0, help="stream so many documents instead")
    options = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    backbone = load_trained(options.run) if options.run else load_backbone("embedded")
    backbone.model.eval()
    with tempfile.TemporaryDirectory() as name:
        documents = documents_of(Path(name), options.documents)
        if options.memory:
            memory(backbone, documents, options.memory)
        else:
            compare(backbone, documents, options)


if __name__ == "__main__":
    main()
