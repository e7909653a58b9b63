"""The page: Gradio's components around the drawing of reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from rmpl.app.examples import Example
from rmpl.app.service import ARTICLES, PICTURES, Service, Upload
from rmpl.errors import RmplError, one_line
from rmpl.records import Document
from rmpl.viewer.markup import el

TITLE = "RMPL: events in text and pictures"
COLUMNS = ["event", "where", "type or role", "what", "confidence"]
CSS = """
#drawing iframe {
  width: 100%; height: 75vh; border: 1px solid var(--border-color-primary); border-radius: 8px;
}
footer { display: none !important; }
"""
_NOTE = (
    "Paste a text, add pictures and articles ({kinds}), and see what happens in them: who and what "
    "took part, and which pictures show the events of the text. At most {characters:,} characters "
    "and {files} files of {megabytes:.0f} MB. What is uploaded is deleted within the hour."
)


def build_page(service: Service, examples: Sequence[Example]) -> gr.Blocks:
    """Return the page; it asks ``service``."""
    limits = service.limits

    async def extract(
        text: str, files: list[str] | None, model: str, schema: str
    ) -> tuple[str, list[list[str]], str]:
        try:
            uploads = [Upload(Path(name).name, Path(name).read_bytes()) for name in files or []]
            found = await service.extract(text, uploads, model=model, schema=schema, draw=True)
        except RmplError as error:
            raise gr.Error(one_line(str(error)), print_exception=False) from error
        line = json.dumps(json.loads(found.line), ensure_ascii=False, indent=2)
        return frame(found.page or ""), table(found.document), line

    def show(name: str | None) -> tuple[str, list[str] | None]:
        for example in examples:
            if example.name == name:
                return example.text, example.pictures
        return "", None

    with gr.Blocks(analytics_enabled=False, title=TITLE, delete_cache=(600, 3600)) as page:
        gr.Markdown(f"# {TITLE}")
        gr.Markdown(
            _NOTE.format(
                kinds=", ".join(ARTICLES),
                characters=limits.characters,
                files=limits.files,
                megabytes=limits.file_bytes / 1e6,
            )
        )
        with gr.Row():
            with gr.Column(scale=2):
                text = gr.Textbox(label="Text", lines=6, max_lines=14)
            with gr.Column(scale=1):
                files = gr.File(
                    label="Pictures and articles",
                    file_count="multiple",
                    file_types=[*PICTURES, *ARTICLES],
                )
        with gr.Row():
            names = [example.name for example in examples]
            example = gr.Dropdown(names, label="Example", value=None, visible=bool(names))
            model = gr.Dropdown(service.models, label="Model", value=service.models[0])
            schema = gr.Dropdown(service.schemas, label="Schema", value=service.schemas[0])
            button = gr.Button("Extract", variant="primary")
        with gr.Tab("Drawing"):
            drawing = gr.HTML(elem_id="drawing")
        with gr.Tab("Table"):
            rows = gr.Dataframe(headers=COLUMNS, interactive=False, wrap=True, elem_id="table")
        with gr.Tab("JSON"):
            line = gr.Code(language="json", elem_id="json", interactive=False)
        # Programs have an API that is typed: the page's own calls are kept out of Gradio's.
        example.change(show, example, [text, files], api_visibility="private")
        button.click(
            extract,
            [text, files, model, schema],
            [drawing, rows, line],
            api_visibility="private",
            concurrency_limit=None,
        )
    page.queue(max_size=limits.waiting, api_open=False)
    return page


def frame(page: str) -> str:
    """Return a drawing in a frame of its own, which it cannot leave."""
    return el("iframe", {"title": "events, drawn", "sandbox": "allow-scripts", "srcdoc": page})


def table(document: Document) -> list[list[str]]:
    """Return a row an event and a row an argument, in the order of the document."""
    sentences = {one.id: one for one in document.sentences}
    numbers = {one.id: f"sentence {n}" for n, one in enumerate(document.sentences, 1)}
    numbers |= {one.id: f"picture {n}" for n, one in enumerate(document.images, 1)}
    rows = []
    for event in document.text_events:
        sentence, place = sentences[event.sentence_id], numbers[event.sentence_id]
        words = sentence.slice(event.trigger) if event.trigger.start >= 0 else event.trigger_text
        rows.append([event.id, place, event.event_type, words or "", _shown(event.score)])
        for one in event.arguments:
            words = sentence.slice(one.span) if one.span.start >= 0 else one.text
            rows.append([event.id, place, one.role, words or "", _shown(one.score)])
    for shown in document.image_events:
        place = numbers[shown.image_id]
        rows.append([shown.id, place, shown.event_type, "", _shown(shown.score)])
        for part in shown.arguments:
            box = part.box
            corners = ", ".join(f"{value:.0f}" for value in (box.x1, box.y1, box.x2, box.y2))
            rows.append([shown.id, place, part.role, f"box {corners}", _shown(part.score)])
    for link in document.links:
        both = f"{link.text} and {link.image}"
        rows.append([both, "text and picture", "one event", "", _shown(link.score)])
    return rows


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
