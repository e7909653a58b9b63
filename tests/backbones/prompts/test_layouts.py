"""Chat templates are run once, within bounds, and never on a document's text."""

from __future__ import annotations

import importlib
import pkgutil
from types import SimpleNamespace

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from rmpl.backbones import families
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import causal_lm
from rmpl.backbones.prompts import layouts
from rmpl.backbones.prompts.layouts import flat_template, flat_text_template
from rmpl.errors import RmplError
from rmpl.tasks import Prompt

# As the templates of published checkpoints are written.
PUBLISHED = """{%- set ns = namespace(count=0) %}{% macro opening(role) %}<|im_start|>{{ role }}
{% endmacro %}{%- if tools %}{{ tools | tojson }}{% endif %}
{%- for message in messages if message.role != 'nobody' -%}
    {%- if loop.first and message['role'] != 'system' %}{{ opening('system') ~ strftime_now('%%') }}
    {%- endif %}{{ opening(message.role) }}
    {%- if message['content'] is string %}{{ message['content'] }}{% else %}
    {%- for part in message['content'] %}
        {%- if part.type == 'image' or 'image' in part %}{% set ns.count = ns.count + 1 %}
            {{- 'Picture %d: ' % ns.count if numbered else '' }}<|image_pad|>
        {%- elif part.type == 'video' %}{% continue %}
        {%- elif 'text' in part %}{% generation %}{{ part.text }}{% endgeneration %}{% endif %}
    {%- endfor %}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}{{ opening('assistant') }}“é”{{ eos_token }}{% endif %}"""

EOS = {"eos_token": "<|im_end|>"}
ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
REFUSED = {
    "{{ 'a' * 10**10 }}": "MemoryError",
    "{% set n = namespace(s='aaaa') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}"
    "{{ n.s }}": "MemoryError|2 seconds or 512 MiB",
    "{{ '%0999999999999d' % 1 }}": "MemoryError",
    "{{ ''.__class__.__mro__ }}": "SecurityError",
    "{{ messages.append(1) }}": "SecurityError",
    "{% for x in messages %}": "TemplateSyntaxError",
    "{{ raise_exception('no') }}": r"TemplateError: no",
    "{{ nothing.at.all }}": "UndefinedError",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}": "RecursionError",
    f"{{{{ {'(' * 5000}1{')' * 5000} }}}}": "RecursionError",
    "{% for a in messages %}" * 40 + "{% endfor %}" * 40: "nested",
    "{{ 'x' * 300000 }}": "too long",
    "x" * 300_000: "300,000 characters",
    "no question": "does not write the question exactly once",
    "{{ messages[0].content[-1].text | upper }}": "does not write the question exactly once",
    "{{ messages[0].content[-1].text }}{{ messages[0].content[-1].text | length }}": "depends on",
}


def processor(template, **tokens):
    named = {**EOS, **tokens}
    tokenizer = SimpleNamespace(special_tokens_map=named)
    return SimpleNamespace(chat_template=template, tokenizer=tokenizer)


def rendered(template, question, *, shows_image):
    content = [{"type": "image", "image": "p"}] * shows_image
    chat = [{"role": "user", "content": [*content, {"type": "text", "text": question}]}]
    texts, _ = render_jinja_template(
        conversations=[chat],
        chat_template=template,
        add_generation_prompt=True,
        **EOS,
    )
    return texts[0]


@pytest.mark.parametrize("question", ["Police fired.", " x\n", "{{ 7 * 7 }}", "“é” \U0001f600 \\n"])
@pytest.mark.parametrize("shows_image", [False, True])
@pytest.mark.parametrize("trims", ["", " | trim"])
def test_a_layout_writes_what_the_checkpoint_s_template_does(question, shows_image, trims):
    template = PUBLISHED.replace("part.text", f"part.text{trims}")
    flat = flat_template(processor(template), shows_image=shows_image)
    wanted = rendered(template, question, shows_image=shows_image)
    assert rendered(flat, question, shows_image=shows_image) == wanted
    assert question.strip() in wanted


@pytest.mark.parametrize("template", REFUSED, ids=lambda template: template[:30])
def test_a_template_that_harms_is_refused_in_one_line(template):
    with pytest.raises(RmplError, match=REFUSED[template]) as refused:
        flat_template(processor(template), shows_image=False)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


def test_a_template_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(layouts.template_worker, "MOST_SECONDS", 0)
    with pytest.raises(RmplError, match="more than 0 seconds or 512 MiB"):
        flat_template(processor(ENDLESS), shows_image=False)


def test_a_hostile_template_stops_the_loading_of_its_checkpoint(twin, tmp_path):
    for path in twin.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chat_template.jinja").write_text("{{ cycler.__init__.__globals__ }}")
    with pytest.raises(RmplError, match="chat template of this checkpoint cannot be used"):
        load_backbone(str(tmp_path))


def test_the_families_templates_are_run_without_another_process(monkeypatch):
    monkeypatch.setattr(layouts, "_in_process", lambda _: pytest.fail("started a process"))
    layouts._flat_templates.cache_clear()
    tokens = {"bos_token": "<s>"}
    modules = [one.name for one in pkgutil.iter_modules(families.__path__)]
    for name in ("embedded", *(f"families.{name}" for name in modules)):
        template = getattr(importlib.import_module(f"rmpl.backbones.{name}"), "CHAT_TEMPLATE", None)
        if template is not None:
            flat_template(processor(template, **tokens), shows_image=True)
    for template in (causal_lm.CHATML, causal_lm.GEMMA):
        flat_text_template(processor(template, **tokens))


def test_a_question_is_never_part_of_the_program(twin):
    backbone = load_backbone(str(twin))
    text = "{{ 7 * 7 }}{% endif %} {# no #}"
    ids = backbone.encode(Prompt(f" {text}")).input_ids
    assert text in backbone.tokenizer.decode(ids)
