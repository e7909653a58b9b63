"""Small files as other programs write them: Word documents, PDF files, mail, archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path

import PIL.Image

_NAMESPACES = " ".join(
    f'xmlns:{short}="http://schemas.openxmlformats.org/{long}"'
    for short, long in (
        ("w", "wordprocessingml/2006/main"),
        ("a", "drawingml/2006/main"),
        ("r", "officeDocument/2006/relationships"),
        ("wp", "drawingml/2006/wordprocessingDrawing"),
        ("mc", "markup-compatibility/2006"),
    )
)


def png(size: tuple[int, int] = (40, 30)) -> bytes:
    """An image, as a file's content."""
    content = io.BytesIO()
    PIL.Image.new("RGB", size, "red").save(content, "PNG")
    return content.getvalue()


def archive(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as written:
        for name, data in members.items():
            written.writestr(name, data)
    return content.getvalue()


def word(body: str, **parts: bytes | str) -> bytes:
    """A Word document with a body of WordprocessingML; ``media`` is its only image, rId5."""
    root = f'<?xml version="1.0" encoding="UTF-8"?><w:document {_NAMESPACES}><w:body>'
    related = '<R><Relationship Id="rId5" Target="media/image1.png"/></R>'
    style = '<w:style w:styleId="Beschriftung"><w:name w:val="caption"/></w:style>'
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"{root}{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": related,
        "word/styles.xml": f"<w:styles {_NAMESPACES}>{style}</w:styles>",
    }
    named = {"media": "word/media/image1.png", "core": "docProps/core.xml"}
    named["footnotes"] = "word/footnotes.xml"
    for key, content in parts.items():
        is_xml = isinstance(content, str) and key == "footnotes"
        whole = f"<w:footnotes {_NAMESPACES}>{content!s}</w:footnotes>"
        members[named[key]] = whole if is_xml else content
    return archive(members)


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of WordprocessingML."""
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}<w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf(pages: Sequence[Sequence[str]], info: str = "", more: str = "") -> bytes:
    """A PDF file of pages of lines; ``more`` is drawn on each page beside them."""
    objects = ["<</Type /Catalog /Pages 2 0 R>>", "", f"<<{info}>>"]
    objects.append("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>")
    places = []
    for lines in pages:
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 50 700 Td {shown} ET {more}"
        objects.append(f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream")
        objects.append(
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
            "/Resources <</Font <</F1 4 0 R>> /XObject <<>>>>>>"
        )
        places.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type /Pages /Count {len(places)} /Kids [{' '.join(places)}]>>"
    return pdf_of(objects)


def pdf_of(objects: Sequence[str]) -> bytes:
    """A PDF file of numbered objects: the first is its catalogue, the third its information."""
    content = b"%PDF-1.4\n"
    starts = []
    for number, one in enumerate(objects, start=1):
        starts.append(len(content))
        content += f"{number} 0 obj\n{one}\nendobj\n".encode("latin1")
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    trailer = f"<</Size {len(objects) + 1} /Root 1 0 R /Info 3 0 R>>"
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\n"
    return content + f"{end}startxref\n{len(content)}\n%%EOF\n".encode()


def mail(plain: str, page: str = "", **images: bytes) -> bytes:
    """Mail with a plain text, HTML, and images, whose ids and names (``NAME.png``) are theirs."""
    message = EmailMessage()
    message["From"] = "Ana Reyes <ana@example.org>"
    message["Subject"] = "Café burnt in Lima"
    message["Date"] = "Tue, 05 Mar 2019 10:00:00 +0000"
    message.set_content(plain)
    if page:
        message.add_alternative(page, subtype="html")
    for name, content in images.items():
        message.add_attachment(content, "image", "png", filename=f"{name}.png", cid=f"<{name}>")
    return bytes(message)


def write(path: Path, content: bytes) -> Path:
    """Write a file, and return its path."""
    path.write_bytes(content)
    return path
