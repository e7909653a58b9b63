"""The pipeline against an engine that knows every answer: what is lost is the pipeline's fault."""

import dataclasses

import pytest
from msgspec.structs import replace

from fakes import FakeEngine, gold_rule, gold_samples
from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.extraction.calibration import Calibration, Scale
from rmpl.extraction.pipeline import Pipeline
from rmpl.ontology import load_ontology
from rmpl.predictions.file import read_predictions, write_predictions
from rmpl.scoring import score
from rmpl.tasks import Context, Sample
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.caption import Caption
from rmpl.tasks.pairing import Pair
from rmpl.tasks.questions import UnitQuestion
from rmpl.tasks.same_event import SameEvent
from rmpl.tasks.trigger_type import TriggerType
from rmpl.tasks.trigger_words import TriggerWords


def oracle(documents, context):
    """Answers from the gold: the targets of the tasks' own samples, and links where they are."""
    samples, same, caption = gold_samples(documents, context), SameEvent(context), Caption(context)
    for document in documents:
        sentences = {s.id: s for s in document.sentences}
        images = {i.id: i for i in document.images}
        texts = {e.id: e for e in document.text_events}
        shown = {e.id: e for e in document.image_events}
        for link in document.links:
            event = texts[link.text]
            image = images[shown[link.image].image_id]
            asked = caption.ask(UnitQuestion(image))
            samples.append(Sample(caption.name, image.id, asked, "A man."))
            sentence, trigger = sentences[event.sentence_id], event.trigger
            pair = Pair("", event.event_type, sentence, trigger, image, "A man.")
            samples.append(Sample(same.name, pair.id, same.ask(pair), "[]"))
    return gold_rule(samples, otherwise=lambda _: "no answer")


@pytest.fixture(scope="module")
def gold(small_world):
    return list(read_m2e2(small_world / "m2e2"))


@pytest.fixture(scope="module")
def context():
    return Context(load_ontology(), RelativeBoxes(step=20), "brief", " ")


def test_right_answers_give_a_perfect_score_after_a_round_trip_through_the_file(
    gold, context, tmp_path
):
    found = Pipeline(FakeEngine(oracle(gold, context)), context).extract(gold)
    write_predictions(found, tmp_path / "p.jsonl")
    scores = score(gold, list(read_predictions(tmp_path / "p.jsonl")), "strict")
    assert {task: counts.f1 for task, counts in scores.items()} == dict.fromkeys(
        ("text_emi", "text_are", "image_emi", "image_are", "mm_emi", "mm_are"), 100.0
    )


def test_the_gold_is_not_looked_at(gold, context):
    blind = [type(d)(id=d.id, sentences=d.sentences, images=d.images) for d in gold]
    engine = FakeEngine(oracle(gold, context))
    assert Pipeline(engine, context).extract(blind) == Pipeline(engine, context).extract(gold)


def test_a_medium_that_is_left_out_is_not_asked_about(gold, context):
    pipeline = Pipeline(FakeEngine(oracle(gold, context)), context, media=("text",))
    found = pipeline.extract(gold)
    assert not any(d.image_events or d.links for d in found)
    assert pipeline.asked["image-emi"] == 0
    assert pipeline.asked["text-emi"] == sum(len(d.sentences) for d in gold)


def test_a_model_that_classifies_triggers_is_asked_about_words_it_knows(gold, context):
    words = TriggerWords.of(gold, context.ontology.events)
    knowing = dataclasses.replace(context, trigger_words=words)
    task = TriggerType(knowing)
    samples = [*gold_samples(gold, context), *task.samples(gold)]
    pipeline = Pipeline(FakeEngine(gold_rule(samples)), knowing, media=("text",))
    found = pipeline.extract(gold)
    scores = score(gold, found, "strict", settings=("text",))
    assert (scores["text_emi"].f1, scores["text_are"].f1) == (100.0, 100.0)
    asked = sum(1 for d in gold for s in d.sentences for _ in words.candidates(s))
    assert (pipeline.asked[task.name], pipeline.asked["text-emi"]) == (asked, 0)


def test_mentions_below_the_threshold_are_left_out_whoever_finds_them(gold, context):
    words = TriggerWords.of(gold, context.ontology.events)
    knowing = dataclasses.replace(context, trigger_words=words)
    samples = [*gold_samples(gold, context), *TriggerType(knowing).samples(gold)]
    strict = Calibration(thresholds={"text-emi": 0.95})
    engine = FakeEngine(gold_rule(samples), confidence=0.9)
    found = Pipeline(engine, knowing, media=("text",), calibration=strict).extract(gold)
    assert not any(document.text_events for document in found)


def test_answers_that_cannot_be_read_are_counted(gold, context):
    pipeline = Pipeline(FakeEngine(lambda _: "[{"), context)
    found = pipeline.extract(gold)
    assert not any(d.text_events or d.image_events for d in found)
    assert pipeline.failures["text-emi"] == sum(len(d.sentences) for d in gold)


def test_an_argument_is_never_likelier_than_its_event(gold, context):
    surer = Calibration({"text-emi": Scale(1.0, -1.0), "text-are": Scale(1.0, 5.0)})
    found = Pipeline(FakeEngine(oracle(gold, context)), context, calibration=surer).extract(gold)
    events = [event for document in found for event in document.text_events]
    assert any(event.arguments for event in events)
    assert all(
        a.score == e.score == pytest.approx(0.768, abs=0.001) for e in events for a in e.arguments
    )


def test_a_box_has_a_score_only_if_it_is_calibrated(gold, context):
    """The probability of its coordinates is spread over their neighbours and says little."""

    def boxes(**options):
        pipeline = Pipeline(FakeEngine(oracle(gold, context)), context, **options)
        events = [event for document in pipeline.extract(gold) for event in document.image_events]
        assert all(event.score for event in events)
        return {argument.score for event in events for argument in event.arguments}

    unfitted = Calibration({"image-are": Scale(), "text-are": Scale(1.0, 5.0)})
    assert boxes() == boxes(calibration=unfitted) == {None}
    [raw] = boxes(raw_boxes=True)
    assert raw == pytest.approx(0.81)
    fitted = Calibration({"image-are": Scale(1.0, 1.0)})
    assert boxes(calibration=fitted) == {0.9}  # at most the event's


def test_mentions_below_the_threshold_are_left_out_before_their_arguments_are_asked(gold, context):
    # Every mention has the raw score 0.9, which is 0.768 calibrated.
    scales = {"text-emi": Scale(1.0, -1.0)}
    for least, left in ((0.76, True), (0.78, False)):
        chosen = Calibration(scales, thresholds={"text-emi": least})
        pipeline = Pipeline(FakeEngine(oracle(gold, context)), context, calibration=chosen)
        found = pipeline.extract(gold)
        assert any(document.text_events for document in found) is left
        assert bool(pipeline.asked["text-are"]) is left
        assert any(document.image_events for document in found)


def repeating(rule):
    """Every item of a list twice."""

    def twice(text: str) -> str:
        return f"[{text[1:-1]},{text[1:-1]}]" if text.startswith("[{") else text

    return lambda prompt: twice(rule(prompt))


def test_what_is_said_twice_is_found_once(gold, context):
    once = Pipeline(FakeEngine(oracle(gold, context)), context).extract(gold)
    twice = Pipeline(FakeEngine(repeating(oracle(gold, context))), context).extract(gold)
    assert sum(len(d.text_events) + len(d.image_events) for d in once) > 10
    for one, other in zip(once, twice, strict=True):
        assert without_scores(other.text_events) == without_scores(one.text_events)
        assert without_scores(other.image_events) == without_scores(one.image_events)


def without_scores(events):
    return [
        (event.id, event.event_type, [replace(a, score=None) for a in event.arguments])
        for event in events
    ]
