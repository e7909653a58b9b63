"""The local engine: what its replies say, and that it writes what plain greedy decoding does."""

import itertools
import json
import math

import PIL.Image
import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from rmpl.backbones import backbone as backbones
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.extraction.engines.local.constraints import Compiler, Constraint
from rmpl.extraction.engines.local.decoding import Decoder
from rmpl.extraction.engines.local.engine import LocalEngine, token_ends
from rmpl.extraction.engines.local.prefix_cache import common_prefix
from rmpl.extraction.stopping import StoppedError, stopped_when
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology
from rmpl.records import Image, ImageEvent
from rmpl.tasks import Prompt
from rmpl.tasks.argument_roles import ImageARE
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.grammars import Grammar
from rmpl.tasks.questions import MentionQuestion, UnitQuestion


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


def test_what_can_only_end_is_ended_without_the_model(backbone, monkeypatch):
    steps = []
    step = Decoder._step
    monkeypatch.setattr(Decoder, "_step", lambda *given: steps.append(1) or step(*given))
    only = Grammar('start: "[]"', 2)
    (reply,) = LocalEngine(backbone).answer([Prompt("text-emi: a")], max_tokens=9, grammars=[only])
    assert reply.text == "[]"
    assert reply.logs[-1] == 0.0
    # The first token comes from the prompt, the end token from the grammar.
    assert len(steps) == len(reply.logs) - 2


def test_the_vocabulary_is_multiplied_with_one_block_of_states(backbone):
    seen = []
    head = backbone.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    prompts = [Prompt(f"text-emi: a {word}") for word in ("b", "c d", "e f g")]
    LocalEngine(backbone).answer(prompts, max_tokens=3)
    hook.remove()
    assert any(states.shape[0] == 3 for states in seen)
    assert all(states.is_contiguous() for states in seen)


def test_under_a_grammar_logs_are_shares_among_grammatical_tokens(backbone):
    grammar = Grammar('start: "yes" | "no"', 3)
    prompt = Prompt("match: Police fired.")
    (reply,) = LocalEngine(backbone).answer([prompt], grammars=[grammar], max_tokens=9)
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
        [task.ask(UnitQuestion(s)) for s in sentences],
        grammars=[task.grammar(UnitQuestion(s)) for s in sentences],
        max_tokens=40,
    )
    for reply in replies:
        assert len(reply.logs) == len(reply.ends) <= 40
        assert reply.ends[-1] == len(reply.text)
        assert max(reply.logs) <= 0


WORDS = 'Police fired on the crowd and the crowd fled . He said " no " to 3 men'.split()


@pytest.fixture(scope="module")
def family_folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("families")
    for name in family_names():
        family_of(name, name).twin(folder / name)
    return folder


@pytest.fixture(scope="module", params=["embedded", *family_names()])
def model(request, family_folders):
    """The embedded model and every family's twin, these with weights so large that they differ.

    Fresh weights are so small that every prompt has the same answer.
    """
    if request.param == "embedded":
        return load_backbone("embedded")
    loaded = load_backbone(str(family_folders / request.param))
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    return loaded


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[Image]:
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number, (width, height) in enumerate([(90, 60), (41, 127), (64, 64)]):
        path = folder / f"{number}.png"
        PIL.Image.effect_noise((width, height), 60).convert("RGB").save(path)
        made.append(Image(path.stem, str(path), width, height))
    return made


@pytest.fixture(scope="module")
def asked(model, pictures):
    """Texts of all lengths, several prompts about one picture, and grammars of their answers."""
    context = model.context(load_ontology("m2e2"))
    emi, shown, are = TextEMI(context), ImageEMI(context), ImageARE(context)
    sentences = [
        sentence_from_words(f"s{n}", WORDS[:n], where="-") for n in (3, 16, 1, 9, 12, 5, 2)
    ]
    letters = Grammar("start: /[a-z ]{1,40}[.]/", 41)
    texts, images = ([UnitQuestion(one) for one in units] for units in (sentences, pictures))
    prompts = [(emi.ask(q), letters if n % 2 else emi.grammar(q)) for n, q in enumerate(texts)]
    if not model.family.reads_images:
        return [p for p, _ in prompts], [g for _, g in prompts]
    prompts += [(shown.ask(q), shown.grammar(q)) for q in images]
    types = list(context.ontology.events)[:3]
    mentions = [MentionQuestion(ImageEvent("e", i.id, t), i) for t in types for i in pictures]
    prompts += [(are.ask(q), are.grammar(q)) for q in mentions if q.unit is not pictures[2]]
    prompts += [(are.ask(q), letters) for q in mentions[: len(pictures)]]
    return [p for p, _ in prompts], [g for _, g in prompts]


class Noting(LogitsProcessor):
    """Notes the log-probability of the likeliest token at every step of ``generate``."""

    def __init__(self) -> None:
        self.logs: list[float] = []

    def __call__(self, input_ids, scores):
        self.logs.append(float(scores.float().log_softmax(-1).max()))
        return scores


def generated(model, prompts, grammars, max_tokens) -> list[tuple[str, list[float]]]:
    """What transformers' own greedy decoding writes, a prompt at a time, and how surely."""
    width = model.model.get_output_embeddings().weight.shape[0]
    compiler = Compiler(model.tokenizer, width=width, end_id=model.end_id)
    model.model.eval()
    answers = []
    for index, prompt in enumerate(prompts):
        inputs = model.collate([model.encode(prompt)], pad_left=True)
        noting = Noting()
        processors = LogitsProcessorList([noting])
        if grammars is not None:
            constraint = Constraint(compiler, [grammars[index]], max_tokens=max_tokens)
            processors.insert(0, constraint)
        with torch.inference_mode():
            output = model.model.generate(
                **inputs, max_new_tokens=max_tokens, do_sample=False, logits_processor=processors
            )
        text = model.read(output[0, inputs["input_ids"].shape[1] :].tolist())
        answers.append((text, noting.logs))
    return answers


def check_same(replies, expected):
    assert [reply.text for reply in replies] == [text for text, _ in expected]
    for reply, (_, logs) in zip(replies, expected, strict=True):
        assert reply.logs == pytest.approx(logs, abs=2e-4)
    # The prompts do make a difference, and a far larger one.
    assert len({tuple(round(log, 2) for log in logs) for _, logs in expected}) > len(expected) / 4


def test_the_former_names_of_options_still_work_and_warn(backbone):
    with pytest.warns(DeprecationWarning, match="shares_beginnings is now prefix_caching"):
        engine = LocalEngine(backbone, shares_beginnings=False)
    assert engine._prefixes._is_on is False
    with pytest.warns(DeprecationWarning, match="packs_weights is now prepacking"):
        engine = LocalEngine(backbone, packs_weights=False)
    assert engine._prepacked._is_on is False


@pytest.mark.slow
def test_answers_are_those_of_generate_for_every_family(model, asked, monkeypatch):
    prompts, grammars = asked
    widths = []
    extend = Decoder.extend

    def noted(self, batch, tokens, mask, more):
        widths.append(tokens.shape[1])
        return extend(self, batch, tokens, mask, more)

    monkeypatch.setattr(Decoder, "extend", noted)
    expected = generated(model, prompts, grammars, 16)
    for shares in (False, True):
        widths.clear()
        engine = LocalEngine(model, batch=4, tokens=4000, prefix_caching=shares)
        replies = engine.answer(prompts, grammars=grammars, max_tokens=16)
        check_same(replies, expected)
        # Now all images and the prefixes of tasks are cached.
        assert engine.answer(prompts, grammars=grammars, max_tokens=16) == replies
        # The twin of Gemma 3 looks back no further than its prompts are long.
        can_share = not model.family.sees_ahead and model.family.name != "gemma3"
        assert (max(widths) > 1) == (shares and can_share)


@pytest.mark.slow
def test_unconstrained_answers_are_those_of_generate(model, asked):
    prompts, _ = asked
    replies = LocalEngine(model, batch=3).answer(prompts, max_tokens=12)
    check_same(replies, generated(model, prompts, None, 12))


def test_a_picture_is_opened_and_seen_once_for_all_its_prompts(backbone, pictures, monkeypatch):
    opened, seen = [], []
    open_image, see = backbones.open_image, backbone.model.get_image_features
    monkeypatch.setattr(backbones, "open_image", lambda p: opened.append(p.name) or open_image(p))
    monkeypatch.setattr(
        backbone.model, "get_image_features", lambda *a, **k: seen.append(1) or see(*a, **k)
    )
    engine = LocalEngine(backbone, batch=2)
    prompts = [Prompt(words, image) for words in ("one", "two", "three") for image in pictures]
    first = engine.answer(prompts, max_tokens=3)
    assert engine.answer(prompts, max_tokens=3) == first
    assert sorted(opened) == ["0.png", "1.png", "2.png"]
    assert len(seen) == 3


def test_a_picture_that_changes_is_seen_again(backbone, tmp_path):
    path = tmp_path / "a.png"
    replies = []
    engine = LocalEngine(backbone)
    for colour in ("black", "white"):
        PIL.Image.new("RGB", (32 + len(replies), 32), colour).save(path)
        prompt = Prompt("What?", Image("a", str(path), 32, 32))
        replies += engine.answer([prompt], max_tokens=4)
    assert replies[0].logs != replies[1].logs


def test_the_model_is_left_as_it_was(backbone):
    def probe():
        inputs = backbone.collate([backbone.encode(Prompt("text-emi: Hi."))], pad_left=True)
        return backbone.model(**inputs).logits

    before = probe()
    LocalEngine(backbone).answer([Prompt("text-emi: Police fired.")], max_tokens=3)
    after = probe()
    assert torch.equal(before, after)
    assert after.requires_grad


def test_progress_counts_every_answer_once(backbone, pictures):
    told = []
    prompts = [Prompt("a " * n, pictures[n % 3] if n % 2 else None) for n in range(7)]
    LocalEngine(backbone, batch=2).answer(
        prompts, max_tokens=3, progress=lambda done, of: told.append((done, of))
    )
    assert told == [(n, 7) for n in range(1, 8)]


def test_it_stops_between_two_steps_and_answers_as_before_afterwards(backbone, pictures):
    prompts = [Prompt("a " * n, pictures[n % 3] if n % 2 else None) for n in range(7)]
    engine = LocalEngine(backbone, batch=2)
    before = engine.answer(prompts, max_tokens=5)
    looks = itertools.count()
    with stopped_when(lambda: next(looks) > 1_000_000):
        engine.answer(prompts, max_tokens=5)
    for most in range(0, next(looks), 8):
        left = itertools.count()
        with pytest.raises(StoppedError), stopped_when(lambda left=left, m=most: next(left) >= m):
            engine.answer(prompts, max_tokens=5)
        assert next(left) == most + 1  # it stopped where it was told to
    assert engine.answer(prompts, max_tokens=5) == before


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([[1, 2, 3], [1, 2, 4, 5]], 2),
        ([[1, 2], [1, 2, 3]], 1),  # each keeps one token of its own
        ([[1, 2, 3]], 2),
        ([[1], [2]], 0),
        ([], 0),
        ([[1, 2, 9], [1, 2, 0], [1, 3, 5]], 1),
    ],
)
def test_the_common_prefix(prompts, expected):
    assert common_prefix(prompts) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", family_names())
def test_every_family_answers_in_bf16_as_on_a_gpu(name, family_folders, pictures):
    loaded = load_backbone(str(family_folders / name), weights="bf16")
    assert loaded.model.dtype == torch.bfloat16
    context = loaded.context(load_ontology("m2e2"))
    asked = [(TextEMI(context), UnitQuestion(sentence_from_words("s", WORDS, where="-")))]
    if loaded.family.reads_images:
        asked.append((ImageEMI(context), UnitQuestion(pictures[0])))
    replies = LocalEngine(loaded).answer(
        [task.ask(question) for task, question in asked],
        grammars=[task.grammar(question) for task, question in asked],
        max_tokens=40,
    )
    assert len(replies) == len(asked)
    for reply in replies:
        assert isinstance(json.loads(reply.text), list)
        assert all(math.isfinite(log) for log in reply.logs)
