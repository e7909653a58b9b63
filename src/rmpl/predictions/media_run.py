"""Which media a prediction file was made of: what was not run is never a score of zero.

A system that reads no images, or has none, writes ``"media": ["text"]`` into its lines. A line
without the key is of all media, as in files of earlier versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from msgspec import UNSET

from rmpl.errors import RmplError
from rmpl.io.files import read_lines
from rmpl.io.read_report import ReadReport
from rmpl.predictions.lines import DocumentLine, decode_line
from rmpl.scoring.counts import SETTINGS

MEDIA = ("text", "image")
_NOT_RUN = "{} not run in this document, all of it missed"


def media_of(line: DocumentLine, where: str) -> tuple[str, ...]:
    """Return the media that a line's document was asked about.

    Raises
    ------
    RmplError
        If the key does not list media.
    """
    if line.media is UNSET:
        return MEDIA
    given = line.media
    if not isinstance(given, list) or not given or any(one not in MEDIA for one in given):
        raise RmplError(
            f"media is {given!r:.60}",
            where=where,
            remedy=f"list what was run, of {', '.join(MEDIA)}, or leave it out",
        )
    return tuple(one for one in MEDIA if one in given)


def media_by_document(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the media of every document of a prediction file.

    Raises
    ------
    RmplError
        If there is no such file, or a line has another format.
    """
    lines = ((decode_line(content, where), where) for where, content in read_lines(path))
    return {line.doc_id: media_of(line, where) for line, where in lines}


def written_media(media: Collection[str]) -> object:
    """Return the value of the key; it is left out if all media were run."""
    return UNSET if set(media) >= set(MEDIA) else [one for one in MEDIA if one in media]


def count_not_run(report: ReadReport, media: Iterable[str]) -> None:
    """Count the media that were not run in a document."""
    report.not_run.update(set(MEDIA) - set(media))


def settings_of(media: Collection[str]) -> tuple[str, ...]:
    """Return the settings that can be scored if these media were run."""
    return tuple(
        one
        for one in SETTINGS
        if (set(media) >= set(MEDIA) if one == "multimedia" else one in media)
    )


def split_by_run(settings: Sequence[str], report: ReadReport) -> tuple[list[str], list[str]]:
    """Split settings into those to score and those that were not run in any document read.

    Documents in which a medium was not run, beside others in which it was, are warned about.
    """
    documents = report.used["documents"]
    media = [one for one in MEDIA if report.not_run[one] < max(documents, 1)]
    for one in media:
        if report.not_run[one]:
            report.warn(_NOT_RUN.format(one), f"{report.not_run[one]:,} documents")
    run = [one for one in settings if one in settings_of(media)]
    return run, [one for one in settings if one not in run]
