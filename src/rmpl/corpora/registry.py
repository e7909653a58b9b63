"""The registry of corpora: names, splits, files, sources and terms.

Other packages declare theirs in the entry-point group ``rmpl.corpora``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from rmpl.corpora.ace.dygiepp import read_dygiepp
from rmpl.corpora.ace.jmee import read_jmee
from rmpl.corpora.ace.oneie import read_oneie
from rmpl.corpora.ace.raw import Extent, read_ace, read_names
from rmpl.corpora.ace.textee import read_textee
from rmpl.corpora.corpus import Corpus, Extents, Request
from rmpl.corpora.framenet import read_framenet, read_framenet_examples
from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.corpora.mnre import read_mnre
from rmpl.corpora.own.annotated import TOOLS
from rmpl.corpora.own.documents import ENDINGS_OF_SPLITS, read_own_documents
from rmpl.corpora.propbank.reader import SPLIT_FILES, read_propbank
from rmpl.corpora.rams import read_rams
from rmpl.corpora.rams_silver import read_rams_silver
from rmpl.corpora.swig import read_swig
from rmpl.corpora.text.selection import Types
from rmpl.corpora.wikievents import read_wikievents
from rmpl.errors import RmplError
from rmpl.io.read_report import OnError, ReadReport
from rmpl.ontology import Ontology
from rmpl.plugins import Registry
from rmpl.predictions.file import read_predictions
from rmpl.records import Document


def _m2e2(request: Request) -> Iterator[Document]:
    return read_m2e2(
        request.path, images=request.images, on_error=request.on_error, report=request.report
    )


def _swig(request: Request) -> Iterator[Document]:
    return read_swig(
        request.path,
        split=request.split or "train",
        images=request.images,
        on_error=request.on_error,
        report=request.report,
        ontology=request.ontology,
    )


def _mnre(request: Request) -> Iterator[Document]:
    path = CORPORA["mnre"].file(request)
    images = request.images
    if images is None and (path.parent / "img_org").is_dir():
        images = path.parent / "img_org"
    return read_mnre(path, images=images, on_error=request.on_error, report=request.report)


def _ace(extent: Extent) -> Callable[[Request], Iterator[Document]]:
    def read(request: Request) -> Iterator[Document]:
        if request.split is not None and request.path.is_file():
            raise RmplError(
                "one file has no splits", where=str(request.path), remedy="omit --split"
            )
        names = None if request.split is None else read_names(CORPORA["ace"].file(request))
        return read_ace(
            request.path,
            names=names,
            extent=extent,
            ontology=request.ontology,
            types=request.types,
            heads=extent == "extent" and CORPORA["ace"].reduces(request),
            on_error=request.on_error,
            report=request.report,
        )

    return read


def _predictions(request: Request) -> Iterator[Document]:
    return read_predictions(request.path, on_error=request.on_error, report=request.report)


def _in_file(
    name: str, read: Callable[..., Iterator[Document]]
) -> Callable[..., Iterator[Document]]:
    """Make a reader of requests out of one that takes a file and an ontology."""

    def read_file(request: Request) -> Iterator[Document]:
        return _read_texts(CORPORA[name], read, CORPORA[name].file(request), request)

    return read_file


def _in_folder(
    name: str, read: Callable[..., Iterator[Document]]
) -> Callable[..., Iterator[Document]]:
    """Make a reader of requests out of one that takes a folder and an ontology."""

    def read_folder(request: Request) -> Iterator[Document]:
        return _read_texts(CORPORA[name], read, request.path, request)

    return read_folder


def _propbank(request: Request) -> Iterator[Document]:
    read = functools.partial(read_propbank, split=request.split)
    return _read_texts(CORPORA["propbank"], read, request.path, request)


def _read_texts(
    corpus: Corpus, read: Callable[..., Iterator[Document]], path: Path, request: Request
) -> Iterator[Document]:
    return read(
        path,
        ontology=request.ontology,
        types=request.types,
        heads=corpus.reduces(request),
        on_error=request.on_error,
        report=request.report,
    )


OWN_TERMS = "own documents of whoever trained this model"
_SPLITS = ("train", "dev", "test")
_LINES = ("{split}.jsonl", "{split}.json", "{split}.oneie.json")
_LISTS = ("{split}.doc.txt", "{split}.txt", "{split}.filelist")

_of_ace = functools.partial(
    Corpus,
    source="the Linguistic Data Consortium, LDC2006T06",
    terms="ACE 2005 (LDC2006T06): under the agreement with the Linguistic Data Consortium",
)
_of_rams = functools.partial(
    Corpus,
    source="nlp.jhu.edu/rams",
    terms="RAMS: annotations for research; the articles are their publishers'",
    extent="phrase",
)
_of_framenet = functools.partial(
    Corpus,
    source="framenet.icsi.berkeley.edu, on request",
    terms="FrameNet: Berkeley FrameNet, ICSI; release 1.7 CC BY 3.0",
    extent="phrase",
)

CORPORA: dict[str, Corpus] = {
    "m2e2": Corpus(
        "M2E2: news with images and links; evaluation only",
        _m2e2,
        trains=False,
        source="annotations: github.com/limanling/m2e2; articles and images through the link in "
        "its README",
        terms="M2E2: no licence is stated; many images carry agency rights; for evaluation only",
    ),
    "swig": Corpus(
        "SWiG: verbs with boxed roles",
        _swig,
        _SPLITS,
        ("{split}.json",),
        source="annotations: github.com/allenai/swig; images through its README",
        terms="SWiG: annotations MIT; the images are imSitu's, from the web",
    ),
    "imsitu": Corpus(
        "imSitu: verbs with roles",
        _swig,
        _SPLITS,
        ("{split}.json",),
        source="github.com/my89/imSitu; images through its README",
        terms="imSitu: the repository states no licence; the images are from the web",
    ),
    "mnre": Corpus(
        "MNRE 1 and 2: relations in tweets with images",
        _mnre,
        ("train", "val", "test"),
        # The published validation file of version 2 has a blank before the dot.
        ("mnre_{split}.txt", "mnre_{split} .txt", "ours_{split}.txt", "ours_{split} .txt"),
        source="github.com/thecharm/MNRE; images through its README",
        terms="MNRE: for research; posts and images are their authors'",
    ),
    "ace": _of_ace(
        "ACE 2005 from its own .sgm and .apf.xml", _ace("extent"), _SPLITS, _LISTS, "mention"
    ),
    "ace_heads": _of_ace(
        "ACE 2005; arguments are the heads of their mentions", _ace("head"), _SPLITS, _LISTS
    ),
    "jmee": _of_ace(
        "ACE 2005 as JMEE JSON", _in_file("jmee", read_jmee), _SPLITS, ("{split}.json",), "mention"
    ),
    "oneie": _of_ace("ACE 2005 as OneIE lines", _in_file("oneie", read_oneie), _SPLITS, _LINES),
    "dygiepp": _of_ace(
        "ACE 2005 as DyGIE++ lines", _in_file("dygiepp", read_dygiepp), _SPLITS, _LINES
    ),
    "textee": Corpus(
        "text events as TextEE lines",
        _in_file("textee", read_textee),
        _SPLITS,
        _LINES,
        source="github.com/ej0cl6/TextEE makes it of a corpus of your own",
        terms="TextEE: the terms of the converted corpus",
    ),
    "rams": _of_rams(
        "RAMS, mapped to M2E2's types; free, unlike ACE",
        _in_file("rams", read_rams),
        _SPLITS,
        ("{split}.jsonlines",),
    ),
    "rams_loose": _of_rams(
        "RAMS with near types, such as a threat made in a meeting",
        _in_file("rams", functools.partial(read_rams, loose=True)),
        _SPLITS,
        ("{split}.jsonlines",),
    ),
    "rams_silver": _of_rams(
        "RAMS: the sentences whose events a word list completes; mentions only",
        _in_file("rams_silver", read_rams_silver),
        _SPLITS,
        ("{split}.jsonlines",),
        mentions_only=True,
    ),
    "wikievents": Corpus(
        "WikiEvents, mapped to M2E2's types; free, unlike ACE",
        _in_file("wikievents", read_wikievents),
        _SPLITS,
        ("{split}.jsonl",),
        source="github.com/raspberryice/gen-arg",
        terms="WikiEvents: MIT; the articles are their publishers'",
    ),
    "framenet": _of_framenet(
        "FrameNet's full texts, mapped to M2E2's types: every frame of 78 documents; free",
        _in_folder("framenet", read_framenet),
    ),
    "framenet_examples": _of_framenet(
        "FrameNet's example sentences, mapped to M2E2's types: one frame of each is marked",
        _in_folder("framenet_examples", read_framenet_examples),
    ),
    "propbank": Corpus(
        "PropBank on UD's English Web Treebank, mapped to M2E2's types: every predicate; free",
        _propbank,
        _SPLITS,
        SPLIT_FILES,
        extent="phrase",
        source="github.com/propbank/propbank-release and propbank-frames, and "
        "github.com/UniversalDependencies/UD_English-EWT (docs/data.md says how they lie)",
        terms="PropBank and UD English EWT: CC BY-SA 4.0",
    ),
    "documents": Corpus(
        "your own documents: .jsonl, .jsonl.gz, .parquet; or a folder of splits",
        read_own_documents,
        _SPLITS,
        ENDINGS_OF_SPLITS,
        terms=OWN_TERMS,
    ),
    **{name: tool._replace(terms=OWN_TERMS) for name, tool in TOOLS.items()},
    "predictions": Corpus(
        "prediction (or gold) lines, as `rmpl score` takes them",
        _predictions,
        trains=False,
        whole=False,
    ),
}
REGISTRY: Registry[Corpus] = Registry(
    "corpus",
    "rmpl.corpora",
    CORPORA,
    lambda found: isinstance(found, Corpus),
    "a rmpl.corpora.registry.Corpus",
)


def read_corpus(
    name: str,
    path: str | Path,
    *,
    split: str | None = None,
    images: str | Path | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    extents: Extents | None = None,
    mapping: str | Path | None = None,
) -> Iterator[Document]:
    """Read a corpus by its name.

    Parameters
    ----------
    name
        A key of ``CORPORA``, or a name that an installed package declares.
    path
        The corpus's folder, or a single file.
    split
        One of the corpus's splits; by default the first. For ``ace`` a list of the split's
        documents, ``train.txt`` or ``train.doc.txt``, must be in the folder; by default all.
    images
        The image folder, if not at the corpus's usual place beside the annotations.
    on_error
        ``"raise"`` stops at the first invalid record, ``"count"`` skips it.
    report
        Counts what was used and what was not.
    ontology
        The event types and roles that readers of training corpora keep; M2E2's by default. A corpus
        that is mapped onto M2E2's types keeps its own names where the ontology has these.
    types
        ``"all"`` keeps every event of a corpus of text events, with its own type and roles, without
        regard to the ontology. Other corpora keep all of theirs anyway.
    extents
        ``"heads"`` reduces arguments that a corpus marks as phrases to heads and names, as M2E2
        marks them; ``"published"`` does not. By default heads for mapped types of RAMS, FrameNet
        and PropBank, and otherwise as published.
    mapping
        A YAML file that says what an annotation tool's labels mean (docs/annotations.md).

    Raises
    ------
    RmplError
        If there is no such corpus, split or file, or it is malformed.
    """
    corpus = find_corpus(name)
    path = Path(path)
    _check("types", types, get_args(Types))
    _check("extents", extents, (None, *get_args(Extents)))
    if not path.exists():
        raise RmplError("no such file or folder", where=str(path), remedy="check the path")
    if split is not None and split not in corpus.splits:
        raise RmplError(
            f"{name} has no split {split!r}",
            remedy=f"its splits: {', '.join(corpus.splits) or 'none, leave it out'}",
        )
    if split is not None and path.is_file() and corpus.split_of(path) not in {None, split}:
        raise RmplError(f"this is not the {split} split", where=str(path), remedy="omit --split")
    folder = None if images is None else Path(images)
    if folder is not None and not folder.is_dir():
        raise RmplError("no such image folder", where=str(folder), remedy="check the path")
    if mapping is not None and not corpus.maps:
        raise RmplError(
            f"{name} takes no mapping of labels",
            where=str(mapping),
            remedy=f"mappings are for {', '.join(TOOLS)}",
        )
    report = ReadReport() if report is None else report
    labels = None if mapping is None else Path(mapping)
    return corpus.read(
        Request(path, split, folder, on_error, report, ontology, types, extents, labels)
    )


def _check(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise RmplError(
            f"{name} {value!r} is unknown",
            remedy=f"use {' or '.join(str(one) for one in known if one is not None)}",
        )


def find_corpus(name: str) -> Corpus:
    """Return the corpus called ``name``.

    Raises
    ------
    RmplError
        If there is no such corpus (the nearest name is suggested), or its package is broken.
    """
    return REGISTRY.find(name)
