"""What page and API share: reading uploads, limits, models, and waiting."""

from __future__ import annotations

import asyncio
import base64
import io

import PIL.Image
import pytest

from app.conftest import Ruled, load, service
from rmpl.app.service import BusyError, Limits, Service, Upload
from rmpl.backbones.boxes import RelativeBoxes
from rmpl.errors import RmplError
from rmpl.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.tasks import Context

TEXT = "Police arrested Ana Reyes in Lima. All was quiet."


def extract(asked: Service, *arguments, **options):
    return asyncio.run(asked.extract(*arguments, **options))


def jpeg(width: int = 100, height: int = 90) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (width, height), "red").save(file, "JPEG")
    return file.getvalue()


def test_text_articles_and_pictures_make_one_document():
    files = [
        Upload("C:\\Users\\me\\lima.JPG", jpeg()),
        Upload("../notes.txt", b"Rebels were arrested."),
    ]
    found = extract(service(), TEXT, files, draw=True)
    assert [one.id for one in found.document.images] == ["lima.JPG"]
    assert [one.id.split("_")[0] for one in found.document.sentences] == [
        "text",
        "text",
        "notes.txt",
    ]
    assert len(found.document.text_events) == 2
    assert found.document.links
    assert all(image.path is None for image in found.document.images)
    assert b"/tmp" not in found.line
    assert "data:image/jpeg;base64," in found.page


def test_files_of_one_name_stay_two():
    found = extract(service(), "", [Upload("a.jpg", jpeg()), Upload("a.jpg", jpeg(50, 40))])
    assert [(one.id, one.width) for one in found.document.images] == [
        ("a.jpg", 100),
        ("1-a.jpg", 50),
    ]


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        ("", [], "nothing to read"),
        ("x" * 21, [], "21 characters"),
        ("", [Upload("a.txt", b"word " * 20)], "characters"),
        ("", [Upload("a.jpg", jpeg())] * 4, "4 files"),
        ("", [Upload("a.jpg", b"x" * 5000)], "a.jpg: 5,000 bytes"),
        ("", [Upload("a.jpg", b"x")], "a.jpg: not an image"),
        ("", [Upload("a.jpg", jpeg()[:300])], "a.jpg: a broken image"),
        ("", [Upload("a.sh", b"rm")], "a.sh: a file of another kind"),
        ("", [Upload("/etc/passwd", b"x")], "passwd: a file of another kind"),
        ("", [Upload("a.txt", b"\xff\xfe\x00")], "a.txt: "),
    ],
)
def test_what_cannot_be_read_is_told_by_the_name_it_came_with(text, files, said):
    with pytest.raises(RmplError, match=said) as told:
        extract(service(characters=20, files=3, file_bytes=4000), text, files)
    assert "rmpl-app" not in str(told.value)


def test_models_and_schemas_are_those_of_the_command(tmp_path):
    asked = service()
    extract(asked, TEXT, model="second", schema="m2e2")
    for wanted in ({"model": str(tmp_path)}, {"schema": "/etc/passwd"}):
        with pytest.raises(RmplError, match=r"no (model|schema) .* here"):
            extract(asked, TEXT, **wanted)


def test_a_model_is_loaded_once_and_two_are_kept():
    loaded: list[tuple[str, str | None]] = []

    def counted(model, schema):
        loaded.append((model, schema))
        return load(model, schema)

    asked = Service(["a", "b", "c"], load=counted)

    async def all_of_them():
        for model in "aabbacaab":
            await asked.extract(TEXT, model=model)

    asyncio.run(all_of_them())
    assert [model for model, _ in loaded] == ["a", "b", "c", "b"]


def test_folders_are_not_told_in_full(tmp_path):
    folder = tmp_path / "runs" / "mine"
    loaded: list[str] = []

    def noted(model, schema):
        loaded.append(model)
        return load(model, schema)

    asked = Service([str(folder), "demo/run"], load=noted)
    assert asked.models == ["runs/mine", "demo/run"]
    extract(asked, TEXT)
    assert loaded == [str(folder)]


def test_more_than_may_wait_are_turned_away():
    asked = service(waiting=2)

    async def five():
        return await asyncio.gather(
            *(asked.extract(TEXT) for _ in range(5)), return_exceptions=True
        )

    found = asyncio.run(five())
    assert sum(isinstance(one, BusyError) for one in found) == 3
    assert extract(asked, TEXT).document.text_events


def test_an_unexpected_error_ends_the_waiting():
    class Broken(Ruled):
        def answer(self, prompts, **_):
            raise ZeroDivisionError

    def broken(_model, _schema):
        return Extractor(Broken(), Context(load_ontology(), RelativeBoxes(), "brief", ""))

    with pytest.raises(ZeroDivisionError):
        extract(Service(["a"], load=broken), TEXT)


def test_the_largest_request_of_the_api_fits_its_limit():
    limits = Limits(characters=100, files=2, file_bytes=3000)
    assert limits.body_bytes > 2 * len(base64.b64encode(bytes(3000))) + 100
