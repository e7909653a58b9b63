"""The server engine against a real server: ``transformers serve``, as it comes, in its own process.

It serves the twin of a family whose stock processor needs no torchvision.
"""

import os
import socket
import subprocess
import sys
import time

import httpx
import PIL.Image
import pytest
import torch

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_of
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.extraction.engines.server.engine import ServerEngine
from rmpl.extraction.engines.server.validation import is_grammatical
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.questions import UnitQuestion

pytest.importorskip("openai", reason="transformers serve needs transformers[serving]")
PATIENCE = 120
"""Seconds that the server may take to start."""


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "llava_next"
    family_of("llava_next", "llava_next").twin(folder)
    made = load_backbone(str(folder))
    with torch.no_grad():
        for parameter in made.model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)  # so that prompts make a difference
    made.save(folder)
    return load_backbone(str(folder))


@pytest.fixture(scope="module")
def served(backbone, tmp_path_factory):
    """Serve the model; return the address and the model's name there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = backbone.model.config._name_or_path
    home = tmp_path_factory.mktemp("home")
    serve = "from transformers.cli.transformers import main; main()"
    arguments = ["serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-c", serve, *arguments, "--dtype", "float32"],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(PATIENCE * 2):
            assert process.poll() is None, "transformers serve ended by itself"
            try:
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", folder
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_server_answers_as_the_local_engine_does(backbone, served, tmp_path):
    images = []
    for number, size in enumerate([(90, 60), (41, 127)]):
        path = tmp_path / f"{number}.png"
        PIL.Image.effect_noise(size, 60).convert("RGB").save(path)
        images.append(Image(str(number), str(path), *size))
    prompts = [Prompt(f"Police fired {n} times .") for n in range(5)]
    prompts += [Prompt("Which events?", image) for image in images]
    local = LocalEngine(backbone).answer(prompts, max_tokens=8)
    replies = ServerEngine(*served, at_once=3).answer(prompts, max_tokens=8)
    assert [r.text for r in replies] == [r.text for r in local]
    assert len({r.text for r in local}) > 3


@pytest.mark.slow
def test_what_a_server_writes_without_constraints_is_made_grammatical(backbone, served):
    task = TextEMI(backbone.context(load_ontology("m2e2")))
    sentence = sentence_from_words("s", ["Police", "fired", "."], where="-")
    grammar = task.grammar(UnitQuestion(sentence))
    engine = ServerEngine(*served)
    (reply,) = engine.answer([task.ask(UnitQuestion(sentence))], grammars=[grammar], max_tokens=12)
    assert is_grammatical(reply.text, grammar)
    assert engine.counts["asked again"] == engine.counts["given up"] == 1
