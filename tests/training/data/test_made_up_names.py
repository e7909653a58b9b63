import builders
from rmpl.corpora.registry import read_corpus
from rmpl.records import Document, Span
from rmpl.synthetic.story.names import TRAIN_NAMES
from rmpl.training.data.made_up_names import rare_names, renamed
from rmpl.training.data.training_data import Corpus, TrainingData


def test_names_are_made_up_and_offsets_stay_true(small_world):
    before = list(read_corpus("jmee", small_world / "ace"))
    rare = rare_names(before)
    assert len(rare & TRAIN_NAMES.words()) > 0.9 * len(rare)
    after = list(renamed(before, rare, 1))
    changed = 0
    for old, new in zip(before, after, strict=True):
        for one, other in zip(old.sentences, new.sentences, strict=True):
            assert len(one.tokens) == len(other.tokens)
            for word, made_up in zip(one.words(), other.words(), strict=True):
                assert (word != made_up) == (word in rare)
                changed += word != made_up
    assert changed > len(before) / 2


def test_a_corpus_is_there_as_often_as_it_gets_other_names(small_world):
    own, once, thrice = (
        TrainingData({"ace": Corpus("jmee", small_world / "ace", "train", count)}, seed=3)
        for count in (0, 1, 3)
    )
    counts = [len(data.documents("ace")) for data in (own, once, thrice)]
    assert counts == [counts[0], counts[0], 3 * counts[0]]
    texts = [s.text for d in thrice.documents("ace") for s in d.sentences]
    assert len(set(texts)) > 1.5 * len({s.text for d in own.documents("ace") for s in d.sentences})


def sentence(number: int, text: str, *entities: Span) -> Document:
    one = builders.sentence(f"s{number}", text, *entities)
    return Document(id=f"d{number}", sentences=(one,))


def test_common_and_ordinary_words_are_no_names():
    often = [sentence(i, "Lake Ana lies here", Span(0, 2)) for i in range(60)]
    rare = sentence(60, "Police saw Bo Lindt ; the police", Span(0, 1), Span(2, 4))
    outside = sentence(61, "Yesterday it rained", Span(1, 2))
    assert rare_names([*often, rare, outside]) == {"Bo", "Lindt"}


def test_a_name_is_one_and_the_same_in_a_document():
    document = sentence(0, "Bo met Bo", Span(0, 1), Span(2, 3))
    (once,) = renamed([document], frozenset({"Bo"}), 1)
    words = once.sentences[0].words()
    assert words[0] == words[2] != "Bo"
    (again,) = renamed([document], frozenset({"Bo"}), 1)
    assert again == once
