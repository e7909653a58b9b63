"""What page and API share: reading uploads, limits, models, and waiting."""

from __future__ import annotations

import asyncio
import io
import tempfile
import threading

import PIL.Image
import pytest

from app.conftest import extractor, load, service
from fakes import FakeEngine
from rmpl.app import service as module
from rmpl.app.limits import BusyError
from rmpl.app.reading import Upload
from rmpl.app.service import Service
from rmpl.errors import RmplError

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


def test_an_article_alone_brings_its_title_author_and_date():
    article = Upload("a.md", b"---\ntitle: Arrests\nauthor: Ana\n---\nRebels were arrested.")
    found = extract(service(), "", [article], draw=True)
    assert found.document.metadata == {"title": "Arrests", "author": "Ana"}
    assert ">Arrests<" in found.page
    assert extract(service(), TEXT, [article]).document.metadata == {}
    page = Upload("a.html", b"<title>Arrests</title><p>Rebels were arrested.</p>")
    assert extract(service(), "", [page]).document.metadata["title"] == "Arrests"


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
        ("", [Upload("a.txt", b" " * 21)], "a.txt: an empty file"),
        ("x", [Upload("a.txt", b"1. " * 7)], "22 characters"),
        ("", [Upload("a.md", b"![x](" * 800)], "4,000 characters"),
        ("", [Upload("a.html", b"<p>Police met.</p>" + b"<img" * 900)], "bytes"),
        ("", [Upload("a.html", b"<p>Police met.</p>" + b"<td>" * 50)], "52 HTML tags"),
        ("", [Upload("a.jpg", jpeg(101, 100))], "a.jpg: an image that is too large"),
        ("", [Upload("a.jpg", jpeg())] * 2, "18,000 pixels in all images"),
        ("", [Upload("a.sh", b"rm")], "a.sh: unsupported file type"),
        ("", [Upload("/etc/passwd", b"x")], "passwd: unsupported file type"),
        ("", [Upload("a.txt", b"\xff\xfe\x00")], "a.txt: "),
    ],
)
def test_what_cannot_be_read_is_told_by_the_name_it_came_with(text, files, said):
    with pytest.raises(RmplError, match=said) as told:
        limited = service(
            characters=20,
            files=3,
            file_bytes=4000,
            markup_bytes=3500 if "<img" in str(files) else 4000,
            picture_pixels=10_000,
            pixels=17_000,
            tags=50,
        )
        extract(limited, text, files)
    assert tempfile.gettempdir() not in str(told.value)


def test_models_and_schemas_are_those_of_the_command(tmp_path):
    asked = service()
    extract(asked, TEXT, model="second", schema="m2e2")
    for wanted in ({"model": str(tmp_path)}, {"schema": "/etc/passwd"}):
        with pytest.raises(RmplError, match=r"unknown (model|schema)"):
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


def test_an_unexpected_error_ends_the_waiting():
    def broken(_model, _schema):
        return extractor(FakeEngine(lambda _: 1 // 0))

    with pytest.raises(ZeroDivisionError):
        extract(Service(["a"], load=broken), TEXT)


def rgba(pixels: int) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGBA", (pixels, pixels)).save(file, "PNG")
    return file.getvalue()


def test_a_picture_with_too_many_pixels_is_never_decoded(monkeypatch):
    """Case app_png_memory: a few hundred kilobytes that would take gigabytes."""

    def load(*_):
        raise AssertionError("decoded")

    content = rgba(5_001)
    monkeypatch.setattr(PIL.Image.Image, "load", load)
    with pytest.raises(RmplError, match=r"b\.png: an image that is too large; .* 25,000,000"):
        extract(service(), "", [Upload("b.png", content)])


def test_pixels_of_all_requests_are_bounded():
    asked = service(running_pixels=15_000)
    with pytest.raises(BusyError, match="too many pixels"):
        extract(asked, "", [Upload("a.jpg", jpeg()), Upload("b.jpg", jpeg())])
    assert extract(asked, "", [Upload("a.jpg", jpeg())]).document.images


def test_pictures_of_several_requests_are_decoded_one_after_the_other(monkeypatch):
    running, most = [0], [0]
    lock = threading.Lock()
    real = module.read

    def counted(*arguments, **options):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        try:
            return real(*arguments, **options)
        finally:
            with lock:
                running[0] -= 1

    monkeypatch.setattr(module, "read", counted)
    asked = service()

    async def many():
        await asyncio.gather(*(asked.extract("", [Upload("a.jpg", jpeg())]) for _ in range(6)))

    asyncio.run(many())
    assert most[0] == 1


def test_nothing_is_left_of_a_request(tmp_path):
    asked = service(files=2)
    asked.folder = tmp_path
    seen: list[str] = []

    async def look():
        found = await asked.extract(TEXT, [Upload("../../a.jpg", jpeg())], draw=True)
        seen.append(found.document.images[0].id)
        with pytest.raises(RmplError):
            await asked.extract(TEXT, [Upload("a.jpg", jpeg()), Upload("b.jpg", b"x")])
        leaving = asyncio.create_task(asked.extract(TEXT, [Upload("a.jpg", jpeg())]))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

    asyncio.run(look())
    asked.close()
    assert seen == ["a.jpg"]
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_does_not_load_names_no_file_of_the_server():
    def broken(_model, _schema):
        raise RmplError("no such file", where="/home/me/runs/x/config.json")

    with pytest.raises(RmplError, match=r"^runs/x: the model cannot be loaded; ") as told:
        extract(Service(["/home/me/runs/x"], load=broken), TEXT)
    assert "/home" not in str(told.value)


def test_a_model_is_loaded_once_even_if_who_asked_has_left():
    loads: list[str] = []
    go = threading.Event()

    def slow(model, schema):
        loads.append(model)
        go.wait(30)
        return load(model, schema)

    asked = Service(["a"], load=slow)

    async def leave():
        for _ in range(3):
            task = asyncio.create_task(asked.extract(TEXT))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        go.set()
        return await asked.extract(TEXT)

    assert asyncio.run(leave()).document.text_events
    assert loads == ["a"]


def test_an_engine_s_error_calls_a_picture_what_it_was_called():
    def refuse(prompt):
        raise RmplError(f"cannot see {prompt.image.path}", where=prompt.image.path)

    def refusing(_model, _schema):
        return extractor(FakeEngine(refuse))

    with pytest.raises(RmplError) as told:
        extract(Service(["a"], load=refusing), "", [Upload("a.jpg", jpeg())])
    assert str(told.value) == "a.jpg: cannot see a.jpg"


def test_the_default_model_is_loaded_before_it_is_asked_for():
    loads: list[str] = []

    def noted(model, schema):
        loads.append(model)
        if model == "broken":
            raise RmplError("no such run")
        return load(model, schema)

    async def warmed(*models):
        asked = Service(models, load=noted)
        await asked.warm()
        assert loads == [models[0]]
        return await asked.extract(TEXT)

    assert asyncio.run(warmed("a", "b")).document.text_events
    assert loads == ["a"]
    loads.clear()
    with pytest.raises(RmplError, match="broken: the model cannot be loaded"):
        asyncio.run(warmed("broken"))
