"""Reading XML files of corpora."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.files import read_bytes
from rmpl.io.xml_files import check_declarations


def read_xml(path: Path, without: re.Pattern[bytes] | None = None) -> ET.Element:
    """Return the root of an XML file.

    Parameters
    ----------
    path
        The file. A document type may be named (PropBank's frame files do; it is not fetched), but
        nothing may be declared: entities can make a small file huge.
    without
        Parts to leave out before parsing, where most of a large file is not needed.

    Raises
    ------
    RmplError
        If the file cannot be read, is not XML, or declares something.
    """
    data = read_bytes(path)
    if without is not None:
        data = without.sub(b"", data)
    # Of what is parsed: a declaration may stand around a part that is left out.
    check_declarations(data, str(path))
    try:
        return ET.fromstring(data)  # noqa: S314 - see above
    except ET.ParseError as error:
        raise RmplError(f"not XML ({error})", where=str(path)) from error
