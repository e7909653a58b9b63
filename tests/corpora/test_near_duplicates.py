"""Which documents of one run are nearly the same."""

import itertools
import random

from rmpl.corpora.contamination import shingles_of
from rmpl.corpora.near_duplicates import NearDuplicates
from rmpl.records import Document, Sentence


def found(texts, threshold=0.8):
    documents = NearDuplicates(threshold)
    for name, text in texts.items():
        documents.add(Document(name, sentences=(Sentence("s", text, ()),)))
    return [(one.first, one.second, round(one.share, 2)) for one in documents.find()]


STORY = "A storm killed ten people in Lima on Tuesday and the police closed the port for two days"


def test_an_article_that_is_there_twice_is_found_once():
    texts = {
        "a": STORY,
        "other": "Nobody knew what had happened to the four men who went to the harbour",
        "b": f"{STORY}.".upper(),
        "c": STORY.replace("two days", "two weeks"),
        "short": "He fell.", "short too": "He fell.", "empty": "",
    }  # fmt: skip
    assert found(texts) == [("a", "b", 1.0), ("a", "c", 0.88)]
    assert found({}) == []


def test_every_near_pair_is_found():
    """The first document of each group is found by comparing all pairs, too."""
    rng = random.Random(4)
    words = [f"w{number}" for number in range(40)]
    texts = {}
    for number in range(60):
        base = rng.choices(words, k=60)
        texts[f"{number}"] = " ".join(base)
        for place in rng.sample(range(60), rng.randint(0, 4)):
            base[place] = "changed"
        texts[f"{number} again"] = " ".join(base)
    sets = {name: shingles_of(text) for name, text in texts.items()}
    expected, kept = [], []
    for name, members in sets.items():
        shares = {o: len(members & sets[o]) / len(members | sets[o]) for o in kept}
        near = max(shares, key=shares.__getitem__, default=None)
        if near is not None and shares[near] >= 0.8:
            expected.append((near, name, round(shares[near], 2)))
        else:
            kept.append(name)
    assert found(texts) == expected
    assert 10 < len(expected) < 60


def test_many_copies_are_compared_with_the_first_alone(monkeypatch):
    compared = itertools.count()
    from rmpl.corpora import near_duplicates

    original = near_duplicates._similarity
    monkeypatch.setattr(
        near_duplicates, "_similarity", lambda *sets: (next(compared), original(*sets))[1]
    )
    assert len(found({str(number): STORY for number in range(200)})) == 199
    assert next(compared) == 199
