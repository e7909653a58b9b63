"""The generic skills of the base: useful answers, and no word of events."""

import json
import re
from collections import Counter

import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.synthetic.gallery import write_gallery
from rmpl.synthetic.story.plot import HELD_OUT_LOOKS, Entity
from rmpl.tasks.skills import SKILLS, Beside, Continue, Describe, Locate, Match, Phrases, Quote


@pytest.fixture(scope="module")
def text(small_world):
    return list(read_corpus("jmee", small_world / "ace"))


@pytest.fixture(scope="module")
def pictures(small_world, tmp_path_factory):
    situations = list(read_corpus("swig", small_world / "swig"))
    gallery = tmp_path_factory.mktemp("gallery")
    close_ups = write_gallery(gallery / "close", 12, seed=3, close_ups=True)
    return [*situations, *write_gallery(gallery / "all", 12, seed=3), *close_ups]


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_no_skill_asks_or_answers_with_a_type_a_role_or_a_trigger(skill, context, text, pictures):
    samples = list(skill(context).samples([*text, *pictures]))
    assert samples
    types = set(context.ontology.events)
    for sample in samples:
        spoken = f"{sample.prompt.text} {sample.target}"
        assert not any(event_type in spoken for event_type in types)
        assert '"role"' not in spoken
        assert '"trigger"' not in spoken


def test_phrases_and_quotes_stand_in_the_sentence(context, text):
    for task in (Phrases, Quote):
        for sample in task(context).samples(text):
            for phrase in json.loads(sample.target):
                assert phrase["span"].strip(" ") in sample.prompt.text


def test_a_sentence_and_its_continuation_are_the_sentence(context, text):
    sentences = {s.id: s.text for d in text for s in d.sentences}
    for sample in Continue(context).samples(text):
        whole = sample.prompt.text.removeprefix(f"{Continue.name}: ")
        whole = whole.removeprefix(f"{Continue.instruction}\n")
        joined = f"{whole.strip()}{sample.target.strip()}"
        assert joined.replace(" ", "") == sentences[sample.id].replace(" ", "")


def test_what_is_described_is_where_it_is_located(context, pictures):
    described = {s.id: json.loads(s.target) for s in Describe(context).samples(pictures)}
    for sample in Locate(context).samples(pictures):
        picture, _, number = sample.id.rpartition(".")
        thing = described[f"{picture}.0"][int(number)]
        assert json.loads(sample.target) == [{"box": thing["box"]}]


def test_where_no_name_is_absent_there_is_no_wrong_match(context, pictures):
    """A corpus of one image, or of images that show the same."""
    first = next(one for one in pictures if one.image_events and one.image_events[0].caption)
    answers = [sample.target for sample in Match(context).samples([first])]
    assert answers
    assert set(answers) == {"yes"}


def test_matches_are_balanced(context, pictures):
    answers = [sample.target for sample in Match(context).samples(pictures)]
    assert answers.count("yes") == answers.count("no")


def test_the_gallery_shows_no_held_out_look_and_is_the_same_again(tmp_path, pictures):
    held_out = {Entity(kind, colour).look for kind, colour in HELD_OUT_LOOKS}
    assert not held_out & {a.gloss for d in pictures for e in d.image_events for a in e.arguments}
    once, again = (write_gallery(tmp_path / name, 4, seed=3) for name in ("once", "again"))
    things = [[e.arguments for d in found for e in d.image_events] for found in (once, again)]
    assert things[0] == things[1]
    for number in range(4):
        name = f"_{number}.jpg"
        assert (tmp_path / "once" / f"once{name}").read_bytes() == (
            tmp_path / "again" / f"again{name}"
        ).read_bytes()


def test_phrases_beside_a_word_come_with_their_prepositions(context, text):
    sentences = {s.id: s for d in text for s in d.sentences}
    sides = Counter()
    for sample in Beside(context).samples(text):
        sentence = sentences[sample.id]
        left, _, right = sample.prompt.text.partition("[")[2].partition("]")
        assert left.isalpha()
        found = json.loads(sample.target)
        assert 1 <= len(found) <= 4
        for item in found:
            phrase = item["span"].strip()
            assert phrase in {sentence.slice(span) for span in sentence.entities}
            sides[item["side"]] += 1
            if item["side"] == "after":
                assert phrase in right
            elif item["side"] != "before":
                lead = rf"(?i)\b{item['side']} (the |an? |its |their )?{re.escape(phrase)}"
                assert re.search(lead, sentence.text)
    assert {"before", "after", "in", "by"} <= set(sides)
