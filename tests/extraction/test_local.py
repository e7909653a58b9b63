"""The local engine: what its replies say, and that it writes what plain greedy decoding does."""

import math

import pytest
import torch

from rmpl.backbones.backbone import load_backbone
from rmpl.corpora.tokens import sentence_from_words
from rmpl.extraction.local import LocalEngine, token_ends
from rmpl.ontology import load_ontology
from rmpl.tasks import Prompt
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.same_event import SameEvent


@pytest.fixture(scope="module")
def backbone(twin):
    return load_backbone(str(twin))


def test_ends_of_tokens_cut_the_text_where_the_tokens_do(backbone):
    text = '[{"type":"Life:Die","trigger":" na\u00efve \U0001f600\U0001f3fd"}]'
    tokens = [*backbone.tokenizer(text)["input_ids"], backbone.end_id]
    ends = token_ends(backbone.tokenizer, tokens)
    assert ends[-1] == len(text)
    for count, end in enumerate(ends, start=1):
        assert backbone.tokenizer.decode(tokens[:count]).startswith(text[:end])
    # Bytes of one character are tokens of their own here: each but the last ends before it.
    assert ends.count(text.index("\U0001f600")) == 4


def test_logs_are_those_of_the_model(backbone):
    prompt = Prompt("text-emi: Police fired.")
    (reply,) = LocalEngine(backbone).answer([prompt], max_tokens=5)
    inputs = backbone.collate([backbone.encode(prompt)], pad_left=True)
    for log in reply.logs:
        with torch.inference_mode():
            scores = backbone.model(**inputs).logits[0, -1].log_softmax(-1)
        assert log == pytest.approx(float(scores.max()), abs=1e-4)
        chosen = scores.argmax().view(1, 1)
        for name, more in (("input_ids", chosen), ("attention_mask", torch.ones_like(chosen))):
            inputs[name] = torch.cat([inputs[name], more], dim=1)
        inputs["mm_token_type_ids"] = torch.zeros_like(inputs["input_ids"])
    assert reply.confidence == pytest.approx(math.exp(sum(reply.logs) / len(reply.logs)))


def test_under_a_grammar_logs_are_shares_among_what_is_legal(backbone):
    context = backbone.context(load_ontology("m2e2"))
    same = SameEvent(context)
    prompt = Prompt("same-event: Police fired.")
    (reply,) = LocalEngine(backbone).answer([prompt], grammars=[same.grammar()], max_tokens=9)
    inputs = backbone.collate([backbone.encode(prompt)], pad_left=True)
    with torch.inference_mode():
        scores = backbone.model(**inputs).logits[0, -1]
    vocabulary = backbone.tokenizer.get_vocab()
    legal = [vocabulary[t] for t in ("y", "ye", "yes", "n", "no") if t in vocabulary]
    assert reply.logs[0] == pytest.approx(float(scores[legal].log_softmax(-1).max()), abs=1e-4)
    assert reply.text in {"yes", "no"}
    # After the first letter all is forced, and what is forced is certain.
    assert reply.probability(0, len(reply.text)) == pytest.approx(math.exp(reply.logs[0]))
    assert len(reply.logs) == len(reply.ends)


def test_every_reply_has_a_log_and_an_end_a_token(backbone):
    sentences = [sentence_from_words("s", words.split(), where="-") for words in ("a b c", "Hi .")]
    task = TextEMI(backbone.context(load_ontology("m2e2")))
    replies = LocalEngine(backbone).answer(
        [task.ask(s) for s in sentences],
        grammars=[task.grammar(s) for s in sentences],
        max_tokens=40,
    )
    for reply in replies:
        assert len(reply.logs) == len(reply.ends) <= 40
        assert reply.ends[-1] == len(reply.text)
        assert max(reply.logs) <= 0
