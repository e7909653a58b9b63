"""The pipeline against an engine that knows every answer: what is lost is the pipeline's fault."""

import pytest
from msgspec.structs import replace

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.extraction.calibration import Calibration, Scale
from rmpl.extraction.engines.base import Reply
from rmpl.extraction.pipeline import Pipeline
from rmpl.ontology import load_ontology
from rmpl.predictions.file import read_predictions, write_predictions
from rmpl.scoring import score
from rmpl.tasks import Context
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.caption import Caption
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.pairing import Pair
from rmpl.tasks.questions import UnitQuestion
from rmpl.tasks.same_event import SameEvent


class Oracle:
    """Answers prompts from the gold by looking the prompt up among the tasks' own samples."""

    def __init__(self, documents, context, broken: str = "") -> None:
        self.answers = {}
        self.broken = broken
        for task in (TextEMI, ImageEMI, TextARE, ImageARE):
            for sample in task(context).samples(documents):
                self.answers[self.key(sample.prompt)] = sample.target
        same = SameEvent(context)
        for document in documents:
            sentences = {s.id: s for s in document.sentences}
            images = {i.id: i for i in document.images}
            texts = {e.id: e for e in document.text_events}
            shown = {e.id: e for e in document.image_events}
            for link in document.links:
                event = texts[link.text]
                image = images[shown[link.image].image_id]
                self.answers[self.key(Caption(context).ask(UnitQuestion(image)))] = "A man."
                sentence, trigger = sentences[event.sentence_id], event.trigger
                pair = Pair("", event.event_type, sentence, trigger, image, "A man.")
                self.answers[self.key(same.ask(pair))] = "[]"

    @staticmethod
    def key(prompt):
        return prompt.text, prompt.image.path if prompt.image else None

    def answer(self, prompts, *, max_tokens, progress=None, grammars=None):
        default = self.broken or "no"
        return [Reply(self.answers.get(self.key(p), default), 0.9) for p in prompts]


@pytest.fixture(scope="module")
def gold(small_world):
    return list(read_m2e2(small_world / "m2e2"))


@pytest.fixture(scope="module")
def context():
    return Context(load_ontology(), RelativeBoxes(step=20), "brief", " ")


def test_right_answers_give_a_perfect_score_after_a_round_trip_through_the_file(
    gold, context, tmp_path
):
    found = Pipeline(Oracle(gold, context), context).extract(gold)
    write_predictions(found, tmp_path / "p.jsonl")
    scores = score(gold, list(read_predictions(tmp_path / "p.jsonl")), "strict")
    assert {task: counts.f1 for task, counts in scores.items()} == dict.fromkeys(
        ("text_emi", "text_are", "image_emi", "image_are", "mm_emi", "mm_are"), 100.0
    )


def test_the_gold_is_not_looked_at(gold, context):
    blind = [type(d)(id=d.id, sentences=d.sentences, images=d.images) for d in gold]
    oracle = Oracle(gold, context)
    assert Pipeline(oracle, context).extract(blind) == Pipeline(oracle, context).extract(gold)


def test_a_medium_that_is_left_out_is_not_asked_about(gold, context):
    pipeline = Pipeline(Oracle(gold, context), context, media=("text",))
    found = pipeline.extract(gold)
    assert not any(d.image_events or d.links for d in found)
    assert pipeline.asked["image-emi"] == 0
    assert pipeline.asked["text-emi"] == sum(len(d.sentences) for d in gold)


def test_answers_that_cannot_be_read_are_counted(gold, context):
    pipeline = Pipeline(Oracle([], context, broken="[{"), context)
    found = pipeline.extract(gold)
    assert not any(d.text_events or d.image_events for d in found)
    assert pipeline.failures["text-emi"] == sum(len(d.sentences) for d in gold)


def test_an_argument_is_never_likelier_than_its_event(gold, context):
    surer = Calibration({"text-emi": Scale(1.0, -1.0), "text-are": Scale(1.0, 5.0)})
    found = Pipeline(Oracle(gold, context), context, calibration=surer).extract(gold)
    events = [event for document in found for event in document.text_events]
    assert any(event.arguments for event in events)
    assert all(
        a.score == e.score == pytest.approx(0.768, abs=0.001) for e in events for a in e.arguments
    )


class Repeating(Oracle):
    """Says every item of a list twice."""

    def answer(self, prompts, *, max_tokens, progress=None, grammars=None):
        replies = super().answer(prompts, max_tokens=max_tokens)
        return [Reply(self.twice(reply.text), reply.confidence) for reply in replies]

    @staticmethod
    def twice(text: str) -> str:
        return f"[{text[1:-1]},{text[1:-1]}]" if text.startswith("[{") else text


def test_what_is_said_twice_is_found_once(gold, context):
    once = Pipeline(Oracle(gold, context), context).extract(gold)
    twice = Pipeline(Repeating(gold, context), context).extract(gold)
    assert sum(len(d.text_events) + len(d.image_events) for d in once) > 10
    for one, other in zip(once, twice, strict=True):
        assert without_scores(other.text_events) == without_scores(one.text_events)
        assert without_scores(other.image_events) == without_scores(one.image_events)


def without_scores(events):
    return [
        (event.id, event.event_type, [replace(a, score=None) for a in event.arguments])
        for event in events
    ]
