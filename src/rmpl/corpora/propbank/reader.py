"""PropBank (Palmer et al., CL 2005) on UD's English Web Treebank, mapped onto M2E2's types.

The annotation of every verb, noun and adjective comes without words (``[WORD]``), in skeletons
``propbank/ewt/GENRE/NN/DOC.xml.gold_skel``; the words and trees are in ``ud/GENRE/DOC.xml.conllu``.
Columns of a skeleton: document, sentence, token, word, tag, bracket, lemma, roleset, and one per
predicate of the sentence, in their order, with its arguments: ``(ARG0*``, ``*``, ``*)``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.propbank.conllu import TreeSentence, blocks_of, read_conllu
from rmpl.corpora.propbank.frames import Roleset, read_rolesets, role_name
from rmpl.corpora.text.mentions import RawArgument, RawDocument, RawEvent, RawSentence
from rmpl.corpora.text.selection import Selection, Types, whole_documents
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology, load_mapping
from rmpl.records import Document

SPLIT_FILES = ("propbank/ewt.{split}.txt",)
"""The official lists of documents of the splits."""

NO_EVENTS = frozenset({"be", "have", "do"})
"""Verbs whose rolesets are no events: copulas, auxiliaries, possession."""

_FIXED = 8
_OPENING = re.compile(r"\(([^*()]+)")


class _Row(NamedTuple):
    """A token of a skeleton."""

    tag: str
    roleset: str
    columns: list[str]


class _Skeleton(NamedTuple):
    """A sentence of a skeleton and its location."""

    rows: list[_Row]
    where: str

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(row.tag for row in self.rows)


def read_propbank(
    path: Path,
    *,
    split: str | None = None,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read PropBank on the English Web Treebank; one document per skeleton.

    Parameters
    ----------
    path
        The folder with ``propbank``, ``ud`` and ``frames``.
    split
        ``train`` (default), ``dev`` or ``test``, by the official lists.
    ontology
        The types and roles to keep, of M2E2's names or rolesets and ``ARG0``; M2E2's by default.
    types, heads
        ``"all"`` keeps every predicate, by names of FrameNet where its frame file links to one
        frame (``propbank.frames``); ``heads`` reduces arguments to the heads of their phrases.
    on_error, report
        As in every reader. Documents without words and sentences that do not align are left out
        and counted, as are rolesets of be, have, do and light verbs.

    Raises
    ------
    RmplError
        If a folder or list is missing. Malformed files are handled according to ``on_error``.
    """
    split = split or "train"
    mapping = load_mapping("propbank")
    selection = Selection(
        ontology, on_error, report, mapping, types=types, heads=heads, lists_names=False
    )
    listed = SPLIT_FILES[0].format(split=split)
    for needed in (listed, "ud"):
        if not (path / needed).exists():
            raise RmplError(
                f"no {needed}",
                where=str(path),
                remedy="give the folder that has propbank/, ud/ and frames/ (docs/data.md)",
            )
    rolesets = read_rolesets(path / "frames", selection.report) if types == "all" else None
    names = read_bytes(path / listed).decode("utf-8", "replace").split()
    return whole_documents(_documents(path, names, rolesets, selection), selection)


def _documents(
    path: Path, names: list[str], rolesets: dict[str, Roleset] | None, selection: Selection
) -> Iterator[RawDocument]:
    for listed in names:
        name = listed.removesuffix(".conllu").removesuffix(".gold_skel")
        genre, stem = name.partition("/")[0], name.rpartition("/")[2]
        skeleton = path / "propbank" / "ewt" / f"{name}.gold_skel"
        if not skeleton.is_file():
            selection.report.leave_out("a listed document without annotation", listed)
            continue
        words = _words(path / "ud" / genre, stem)
        if words is None:
            selection.report.leave_out("a document whose words are missing", str(skeleton))
            continue
        try:
            pairs = list(_aligned(_skeletons(skeleton), read_conllu(words), selection.report))
            sentences = [
                _sentence(f"{stem}_{number}", bones, flesh, rolesets, selection)
                for number, bones, flesh in pairs
            ]
        except RmplError as error:
            selection.refuse(error)
            continue
        if sentences:
            yield RawDocument(stem, sentences, str(skeleton))


def _words(folder: Path, stem: str) -> Path | None:
    """Return the document's CoNLL-U file; some have no ``.xml`` in their names."""
    names = (f"{stem}.conllu", f"{stem.removesuffix('.xml')}.conllu")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _skeletons(path: Path) -> list[_Skeleton]:
    sentences = []
    for block in blocks_of(path):
        rows = []
        for where, line in block:
            columns = line.split()
            if len(columns) < _FIXED:
                raise RmplError(f"a line with fewer than {_FIXED} columns", where=where)
            rows.append(_Row(columns[4], columns[7], columns[_FIXED:]))
        sentences.append(_Skeleton(rows, block[0][0]))
    return sentences


def _aligned(
    skeletons: list[_Skeleton], texts: list[TreeSentence], report: ReadReport
) -> Iterator[tuple[int, _Skeleton, TreeSentence]]:
    """Pair sentences, with their numbers; those of another number of words are left out.

    Where a document has another number of sentences, those whose tags are the same are paired.
    """
    if len(skeletons) == len(texts):
        pairs = list(enumerate(range(len(texts))))
    else:
        matcher = difflib.SequenceMatcher(
            None, [one.tags for one in skeletons], [one.tags for one in texts], autojunk=False
        )
        pairs = [
            (block.a + i, block.b + i)
            for block in matcher.get_matching_blocks()
            for i in range(block.size)
        ]
    paired = dict(pairs)
    for number, skeleton in enumerate(skeletons):
        text = texts[paired[number]] if number in paired else None
        if text is None or len(text.words) != len(skeleton.rows):
            report.leave_out("a sentence that does not align with its words", skeleton.where)
        else:
            yield number, skeleton, text


def _sentence(
    name: str,
    skeleton: _Skeleton,
    text: TreeSentence,
    rolesets: dict[str, Roleset] | None,
    selection: Selection,
) -> RawSentence:
    where, report = skeleton.where, selection.report
    sentence = sentence_from_words(name, text.words, text=text.text, where=where)
    events = []
    predicates = [i for i, row in enumerate(skeleton.rows) if row.roleset != "-"]
    report.use("predicates", len(predicates))
    for number, token in enumerate(predicates):
        roleset = skeleton.rows[token].roleset
        if roleset.endswith(".LV") or roleset.partition(".")[0] in NO_EVENTS:
            report.leave_out("a roleset of be, have, do or a light verb", where)
            continue
        labels = _labels(skeleton, number)
        events.append(_event(roleset, token, labels, rolesets, report, where))
    return RawSentence(sentence, events, where, text.tree)


def _labels(skeleton: _Skeleton, number: int) -> list[tuple[str, int, int]]:
    """Return the labelled spans of a predicate's column, end exclusive.

    Raises
    ------
    RmplError
        If the column is missing or its brackets do not match.
    """
    labels: list[tuple[str, int, int]] = []
    stack: list[tuple[str, int]] = []
    for token, row in enumerate(skeleton.rows):
        if number >= len(row.columns):
            raise RmplError("fewer columns than predicates", where=skeleton.where)
        column = row.columns[number]
        stack += [(label, token) for label in _OPENING.findall(column)]
        for _ in range(column.count(")")):
            if not stack:
                raise RmplError("a bracket that is not open", where=skeleton.where)
            label, start = stack.pop()
            labels.append((label, start, token + 1))
    if stack:
        raise RmplError("a bracket that is not closed", where=skeleton.where)
    return sorted(labels, key=lambda one: one[1:])


def _event(
    roleset: str,
    token: int,
    labels: list[tuple[str, int, int]],
    rolesets: dict[str, Roleset] | None,
    report: ReadReport,
    where: str,
) -> RawEvent:
    """Return a predicate as an event, its names translated if ``rolesets`` are given."""
    known = None
    if rolesets is not None:
        known = rolesets.get(roleset)
        if known is None:
            report.warn("a roleset without a frame file", where)
    arguments = []
    for label, start, end in labels:
        if label in {"V", "C-V"}:
            continue
        if label.startswith(("R-", "C-")):
            report.leave_out("a reference to an argument, or its continuation", where)
            continue
        role = label if rolesets is None else role_name(known, label)
        if role is None:
            report.leave_out("an adjunct that is no participant", where)
        else:
            arguments.append(RawArgument(role, start, end))
    name = roleset if known is None else known.name
    return RawEvent(name, token, token + 1, arguments)
