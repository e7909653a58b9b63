"""PropBank's frame files: the names of rolesets and of their arguments.

A roleset that is linked to exactly one FrameNet frame takes the frame's name, and its arguments the
names of the frame elements that they are linked to. Other rolesets keep their own name, and
arguments get a short readable one from the tables below. So PropBank, FrameNet and imSitu, whose
roles are FrameNet's, have one vocabulary.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.xml_files import read_xml
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport

BY_FUNCTION = {
    "PAG": "Agent",
    "PPT": "Theme",
    "GOL": "Goal",
    "DIR": "Source",
    "SRC": "Source",
    "PRD": "Result",
    "MNR": "Instrument",
    "VSP": "Attribute",
    "LOC": "Place",
    "EXT": "Degree",
    "CAU": "Reason",
    "COM": "Coagent",
    "PRP": "Purpose",
    "TMP": "Time",
}
"""The names of numbered arguments by the function tag of their role (its prototypical sense)."""

BY_NUMBER = {"0": "Agent", "1": "Theme", "2": "Goal", "3": "Source", "4": "Goal", "A": "Agent"}
"""Their names where a roleset has no frame file, or a role no known tag."""

ADJUNCTS = {
    "LOC": "Place",
    "TMP": "Time",
    "MNR": "Manner",
    "CAU": "Reason",
    "PRP": "Purpose",
    "PNC": "Purpose",
    "DIR": "Direction",
    "GOL": "Goal",
    "EXT": "Degree",
    "COM": "Coagent",
    "PRD": "Depictive",
}
"""The names of adjuncts (ARGM). Others are no participants: negation, modals, discourse ..."""


class Roleset(NamedTuple):
    """What a roleset and its numbered arguments (by number) are called."""

    name: str
    roles: dict[str, str]


def read_rolesets(folder: Path, report: ReadReport) -> dict[str, Roleset]:
    """Read all frame files of a folder; files that are not XML are counted.

    Raises
    ------
    RmplError
        If there are none.
    """
    files = sorted(folder.glob("*.xml")) or sorted((folder / "frames").glob("*.xml"))
    if not files:
        raise RmplError(
            "no frame files",
            where=str(folder),
            remedy="put propbank-frames' XML files there (docs/data.md)",
        )
    rolesets = {}
    for file in files:
        try:
            root = read_xml(file)
        except RmplError as error:
            # Two of the published files are not well-formed: their rolesets keep their own names.
            report.leave_out("a frame file that is not XML", error.where or str(file))
            continue
        for element in root.iter("roleset"):
            rolesets[element.get("id", "")] = _roleset(element)
    return rolesets


def role_name(roleset: Roleset | None, argument: str) -> str | None:
    """Return the name of an argument such as ``ARG0`` or ``ARGM-LOC``; ``None`` if it has none."""
    if argument.startswith("ARGM-"):
        return ADJUNCTS.get(argument.removeprefix("ARGM-"))
    number = argument.removeprefix("ARG").partition("-")[0]
    named = {} if roleset is None else roleset.roles
    return named.get(number) or BY_NUMBER.get(number)


def _roleset(element: ET.Element) -> Roleset:
    frames: set[str] = {
        link.get("class", "")
        for link in element.iter("lexlink")
        if link.get("resource") == "FrameNet"
    }
    frame = next(iter(frames)) if len(frames) == 1 else None
    own, roles = element.get("id", ""), {}
    for role in element.iter("role"):
        name = _linked(role, frame) or BY_FUNCTION.get((role.get("f") or "").strip().upper())
        if name is not None:
            roles[(role.get("n") or "").upper()] = name
    return Roleset(frame or own, roles)


def _linked(role: ET.Element, frame: str | None) -> str | None:
    """Return the first frame element that a role is linked to, spelled as FrameNet does."""
    if frame is None:
        return None
    for link in role.iter("rolelink"):
        element = "_".join((link.text or "").split())
        if link.get("resource") == "FrameNet" and link.get("class") == frame and element:
            return element[0].upper() + element[1:]
    return None
