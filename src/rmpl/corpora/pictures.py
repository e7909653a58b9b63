"""Finding a corpus's pictures on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmpl.corpora.images import image_size, resolve_inside
from rmpl.corpora.report import OnError, ReadReport
from rmpl.errors import RmplError
from rmpl.records import Image


class Pictures:
    """The folders in which a corpus's pictures may lie.

    Parameters
    ----------
    folders
        Searched in this order; none of them means that no picture is at hand.
    on_error
        What happens at a picture that is there but cannot be opened.
    report
        Counts missing and broken pictures.
    """

    def __init__(self, folders: Sequence[Path], on_error: OnError, report: ReadReport) -> None:
        self.folders = folders
        self.on_error = on_error
        self.report = report

    def find(self, image_id: str, file_name: str) -> Image:
        """Return the image with the path and size of its picture.

        A picture that is not there, or is broken and counted, has ``path=None`` and size 0: what a
        corpus says about it stays.

        Raises
        ------
        RmplError
            If the name leads out of the folder or the picture is broken, and ``on_error="raise"``.
        """
        try:
            for folder in self.folders:
                path = resolve_inside(folder, file_name)
                if path.is_file():
                    width, height = image_size(path)
                    return Image(id=image_id, path=str(path), width=width, height=height)
        except RmplError as error:
            self.report.refuse(error, self.on_error)
            return Image(id=image_id)
        self.report.warn("picture not at hand", file_name)
        return Image(id=image_id)
