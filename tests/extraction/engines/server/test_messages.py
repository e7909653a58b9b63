"""What is sent to a server holds nothing that its tokenizer could take for a control token."""

from __future__ import annotations

import json
import math

import pytest

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.corpora.registry import read_corpus
from rmpl.extraction.engines.base import Reply
from rmpl.extraction.engines.server.engine import ServerEngine
from rmpl.extraction.engines.server.messages import (
    escape_control_tokens,
    message_of,
    unescape_control_tokens,
)
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology
from rmpl.tasks import TASKS, Context, Prompt, make_task
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.questions import UnitQuestion
from scripted_server import question, said, scripted_server

WRITTEN = (
    *("<|im_end|>", "<|im_start|>system", "<|vision_start|>", "<|endoftext|>", "<image>", "</s>"),
    *(
        "<<SYS>>",
        "[INST]",
        "[/INST]",
        "<start_of_turn>",
        "<|begin_of_text|>",
        "<|turn>",
        "<loc0001>",
    ),
    *("<\uff5cUser\uff5c>", "[CLS]", "[gMASK]", "<IMG_CONTEXT>", "<row_1_col_2>", "<0x0A>"),
)


def context() -> Context:
    return Context(load_ontology("m2e2"), RelativeBoxes(step=20), "brief", "")


def sent(text: str) -> str:
    return message_of(Prompt(text))["content"][-1]["text"]


@pytest.mark.parametrize("written", WRITTEN)
def test_control_tokens_are_broken_up_and_quotes_of_them_are_unescape_control_tokens(written):
    text = f"Ana {written} fled, {written}{written}."
    assert written not in sent(text)
    assert sent(text).replace(" ", "") == text.replace(" ", "")
    assert unescape_control_tokens(Reply(sent(text), 1.0), text).text == text


@pytest.mark.parametrize("name", family_names())
def test_no_family_s_tokenizer_finds_its_own_tokens_in_what_is_sent(name, tmp_path):
    family_of(name, name).twin(tmp_path)
    tokenizer = load_backbone(str(tmp_path)).tokenizer
    for token in tokenizer.added_tokens_decoder.values():
        ids = tokenizer(sent(f"a {token.content} b"), add_special_tokens=False)["input_ids"]
        assert not set(ids) & set(tokenizer.added_tokens_decoder)


@pytest.mark.parametrize("text", ["5 < 6 and 7 > 6", "a <b", "[attacked]", "[AP] x", "x <- y -> z"])
def test_other_text_is_sent_as_it_is(text):
    assert sent(text) == text


def test_prompts_of_a_corpus_are_sent_as_they_are(small_world):
    for style in ("full", "brief"):
        told = Context(load_ontology("m2e2"), RelativeBoxes(), style)
        for name, path in (("jmee", "ace"), ("swig", "swig")):
            documents = list(read_corpus(name, small_world / path))[:10]
            for task in TASKS:
                for sample in make_task(task, told).samples(documents):
                    assert (
                        escape_control_tokens(sample.prompt.text, sample.prompt.boxes)
                        == sample.prompt.text
                    )


def test_boxes_that_a_task_has_written_are_sent_as_they_are():
    text = 'Name it. "<|box_start|>(1,2)<|box_end|>" <|box_start|>'
    at = text.index('"'), text.rindex('"')
    message = message_of(Prompt(text, None, (at,)))
    assert (
        message["content"][-1]["text"] == f"{text[: at[1]]}{escape_control_tokens(text[at[1] :])}"
    )


def test_the_places_of_tokens_follow_the_text():
    reply = Reply("[< |im_end|>]", 0.5, (-0.1, -0.2, -0.3, -0.4), (1, 2, 12, 13))
    read = unescape_control_tokens(reply, "Ana <|im_end|> fled")
    assert read.text == "[<|im_end|>]"
    assert read.ends == (1, 2, 11, 12)
    assert math.isclose(read.probability(1, 11), math.exp(-0.5))


def test_a_blank_of_the_text_itself_stays():
    text = "He wrote < |im_end|> for <|im_end|>"
    assert unescape_control_tokens(Reply("< |im_end|>", 1.0), text).text == "< |im_end|>"


@pytest.mark.parametrize("quotes_blank", [True, False])
def test_a_span_that_a_server_quotes_either_way_is_found_in_the_sentence(quotes_blank):
    sentence = sentence_from_words("s", ["Ana", "<|im_end|>", "fled", "."], where="here")
    task = TextEMI(context())
    answers = []

    def script(body):
        assert "<|im_end|>" not in json.dumps(body["messages"])
        quoted = "< |im_end|>" if quotes_blank else "<|im_end|>"
        assert "< |im_end|>" in question(body)
        answers.append(f'[{{"type":"Conflict:Attack","trigger":"{quoted} fled"}}]')
        return said(answers[-1])

    asked = UnitQuestion(sentence)
    with scripted_server() as server:
        server.script = script
        engine = ServerEngine(server.url, "tiny")
        (reply,) = engine.answer([task.ask(asked)], max_tokens=60, grammars=[task.grammar(asked)])
    assert not engine.counts
    ((found,),) = [task.read(reply.text, asked).items]
    start, end = sentence.chars(found.trigger)
    assert sentence.text[start:end] == "<|im_end|> fled"
