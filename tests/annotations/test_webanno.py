"""WebAnno TSV: tokens that are not in their text, cells that do not fit, and what is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("nupunkt")

from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport

RELATIONS = "#T_SP=c.Event|kind\n#T_RL=c.Rel|role|certainty|BT_c.Event\n#T_CH=c.Coref|a|b\n"
LINKS = "#T_SP=c.Event|kind|ROLE_c.Event:args_c.Link|uima.X\n"
TRIGGER = "1-2\t7-15\tarrested\tJustice:Arrest-Jail"


def write(folder: Path, head: str, *rows: str) -> Path:
    path = folder / "a.tsv"
    lines = "\n".join(rows)
    path.write_text(f"#FORMAT=WebAnno TSV 3.3\n{head}\n\n#Text=Police arrested Ana\n{lines}\n")
    return path


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (TRIGGER.replace("arrested", "attacked"), r"a\.tsv:7: 'arrested', not 'attacked': a text"),
        (TRIGGER.replace("7-15", "8-16"), "'rrested ', not 'arrested'"),
        (f"{TRIGGER}\tAgent;Person\t1-1", r"a\.tsv:7: 2 roles, 1 targets: roles without"),
        (f"{TRIGGER}\tAgent\t1-1;1-2", "1 roles, 2 targets"),
    ],
)
def test_a_line_that_contradicts_itself(tmp_path: Path, row: str, said: str) -> None:
    whole = row if row.count("\t") == 5 else f"{row}\t_\t_"
    path = write(tmp_path, LINKS, "1-1\t0-6\tPolice\tPER\t_\t_", whole)
    with pytest.raises(RmplError, match=said):
        list(read_corpus("webanno", path))


def test_chains_and_further_features_of_relations_are_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        RELATIONS,
        "1-1\t0-6\tPolice\tPER\tAgent\tsure\t1-2\t*->1-1\tx",
        f"{TRIGGER}\t_\t_\t_\t_\t_",
    )
    report = ReadReport()
    (document,) = read_corpus("webanno", path, report=report)
    assert [a.role for e in document.text_events for a in e.arguments] == ["Agent"]
    assert report.left_out == {
        "a further feature of a span or relation": 1,
        "an element of a chain (coreference)": 1,
    }
