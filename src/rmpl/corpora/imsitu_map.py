"""The published mapping of imSitu's verbs and roles onto event types, compared with ours.

``ace_sr_mapping.txt`` of github.com/limanling/m2e2: four TAB-separated fields per line: verb, role,
type, role of the type; ``Contact||Phone|Write`` means ``Contact:Phone-Write``. The copy of
github.com/jianliu-ml/Multimedia-EE has the same rows in another order, with CRLF.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.release import Check, ReleaseReport
from rmpl.errors import RmplError
from rmpl.io.files import read_lines
from rmpl.ontology import load_mapping, load_ontology

RELEASE = "the published mapping of imSitu onto ACE"
ROWS, VERBS = 227, 67
VERBS_BY_TYPE = {
    "Conflict:Attack": 18,
    "Conflict:Demonstrate": 5,
    "Contact:Meet": 7,
    "Contact:Phone-Write": 4,
    "Justice:Arrest-Jail": 8,
    "Life:Die": 3,
    "Movement:Transport": 20,
    "Transaction:Transfer-Money": 2,
}
PHANTOM = "Transaction:Transfer-MONEY"
"""A ninth type that is in no schema: one row writes MONEY in capitals."""


class Row(NamedTuple):
    """A verb's role and its mapping, the type in M2E2's spelling."""

    verb: str
    role: str
    event_type: str
    own: str


def read_published_map(path: Path) -> list[Row]:
    """Read ``ace_sr_mapping.txt`` unchanged.

    Raises
    ------
    RmplError
        If the file is missing, or a line does not have four fields.
    """
    rows = []
    for where, content in read_lines(Path(path)):
        fields = content.decode("utf-8", "replace").split("\t")
        if len(fields) != 4:
            raise RmplError(
                "not a row of the mapping",
                where=where,
                remedy="a row is verb, role, type and its role, separated by TABs",
            )
        verb, role, event_type, own = (field.strip() for field in fields)
        event_type = event_type.replace("||", ":").replace("|", "-")
        rows.append(Row(verb, role, event_type, own))
    return rows


def check_imsitu_map(path: Path) -> ReleaseReport:
    """Compare a copy with the published mapping, and list the differences of ours row by row.

    Raises
    ------
    RmplError
        As ``read_published_map``.
    """
    rows = read_published_map(path)
    mapping = load_mapping("imsitu")
    written = {row.verb: row.event_type for row in rows if row.event_type != PHANTOM}
    types = Counter(written.values())
    pairs = Counter((row.verb, row.role) for row in rows)
    corrected = {mapping[verb].event_type for verb in written if verb in mapping}
    remarks = [_difference(row) for row in rows]
    published = {(row.verb, row.role) for row in rows}
    added = [
        f"added      {verb} {role}: {own}"
        for verb, mapped in mapping.items()
        for role, own in mapped.roles.items()
        if (verb, role) not in published
    ]
    return ReleaseReport(
        str(path),
        RELEASE,
        [
            Check("rows", ROWS, len(rows)),
            Check("repeated rows of a verb and role", 0, len(rows) - len(pairs)),
            Check("verbs", VERBS, len({row.verb for row in rows})),
            *(
                Check(f"verbs of {name}", n, types.pop(name, 0))
                for name, n in VERBS_BY_TYPE.items()
            ),
            Check("verbs of other types", 0, types.total()),
            Check("verbs missing from ours", 0, len(written.keys() - mapping.keys())),
            Check(f"rows of the type {PHANTOM}", 1, _phantoms(rows), known=True),
            Check("types, once corrected", len(load_ontology("m2e2").events), len(corrected)),
            Check("rows identical in ours", 197, remarks.count(""), known=True),
        ],
        [remark for remark in remarks if remark] + added,
    )


def _phantoms(rows: list[Row]) -> int:
    return sum(row.event_type == PHANTOM for row in rows)


def _difference(row: Row) -> str:
    """Describe how our mapping differs in a row; return an empty string if it does not."""
    name = f"{row.verb} {row.role}"
    mapped = load_mapping("imsitu").get(row.verb)
    if mapped is None:
        return f"unknown    {name}"
    own = mapped.roles.get(row.role)
    if own == row.own and mapped.event_type == row.event_type:
        return ""
    if own is not None:
        before = f"{row.event_type} {row.own}"
        return f"changed    {name}: {before} -> {mapped.event_type} {own}"
    if row.own not in load_ontology("m2e2").events[mapped.event_type].roles:
        return f"left out   {name}: {mapped.event_type} has no {row.own}"
    return f"left out   {name}: it is not a {row.own}"
