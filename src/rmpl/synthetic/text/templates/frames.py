"""Frames around a clause or noun phrase of an event: attribution, times, side remarks.

``{=S}`` is a clause, ``{=N}`` a noun phrase; either may be an event or not. ``{=D}`` is a decoy and
``{=T}`` the clause of a second event, ``{=M}`` its noun phrase.
"""

from __future__ import annotations

CLAUSE_FRAMES: tuple[str, ...] = (
    "{=S} .",
    "{=S} .",
    "{=S} .",
    "{=S} {:time} .",
    "{=S} {:time} .",
    "{:time} , {=S} .",
    "{:source} said {=S} .",
    "{:source} said that {=S} {:time} .",
    "{=S} {:time} , {:source} said .",
    "{=S} , according to {:source} .",
    "{:source} reported that {=S} .",
    "{~TOWN} - {=S} .",
    "{=Place} - {=S} {:time} .",
    "{=Place} - {=S} .",
    "{=S} , while {:neutral} .",
    "{=S} as {:neutral} .",
    "{:neutral} when {=S} .",
    "{:neutral} before {=S} .",
    "{=S} , but {:neutral} .",
    "{=S} after {:nothing} .",
    "it was the second time {:span} that {=S} .",
    "the video shows how {=S} .",
    "“ {=S} , ” {:source} said .",
    "{~NAME} , who works for {~ORG} , said {=S} {:time} .",
    "{=S} {:time} , and {=D} .",
    "{=S} , while {=D} .",
    "{=D} , and {:time} {=S} .",
    "when {=S} , {:neutral} .",
    "“ we saw it : {=S} , ” {~NAME} told {~ORG} .",
)

NOUN_FRAMES: tuple[str, ...] = (
    "{:source} confirmed {=N} .",
    "{:source} confirmed {=N} {:time} .",
    "{:source} criticized {=N} .",
    "{=N} surprised {~ORG} .",
    "{=N} came {:time} , {:source} said .",
    "{:time} , {:source} spoke of {=N} .",
    "{:neutral} after {=N} .",
    "{:neutral} despite {=N} .",
    "the video shows {=N} .",
    "{=N} was the second {:span} .",
    "{~ORG} demanded details about {=N} .",
    "before {=N} , {:neutral} .",
    "{=Place} - {=N} worried {~PER} .",
    "{=N} followed {:nothing} .",
    "{=N} came {:time} , and {=D} .",
    "after {=N} , {=D} .",
    "{:source} knew nothing about {=N} , according to {~ORG} .",
)

PAIR_FRAMES: tuple[str, ...] = (
    "{=S} , and {=T} .",
    "{=S} {:time} , and {=T} .",
    "{=S} after {=T} .",
    "{=S} , while {=T} .",
    "{=S} before {=T} , {:source} said .",
    "{=S} , a day after {=M} .",
    "{=S} hours before {=M} .",
    "{:source} said that {=S} and that {=T} .",
    "after {=M} , {=S} .",
    "{:source} confirmed {=N} and {=M} .",
)
"""Frames for two events without common participants."""

TEST_CLAUSE_FRAMES: tuple[str, ...] = (
    "{:time} , {=S} , according to {:source} .",
    "{~TOWN} - {:source} said that {=S} , but {:neutral} .",
    "when {=S} {:time} , {=D} .",
    "{:neutral} as {=S} , {:source} said .",
    "the video shows how {=S} {:time} .",
)
"""Combinations that do not occur in training."""

LEXICON: dict[str, tuple[str, ...]] = {
    "time": (
        "on {:weekday}",
        "on {:weekday}",
        "on {:weekday}",
        "late on {:weekday}",
        "last week",
        "last month",
        "this week",
        "in {:month}",
        "early {:weekday} morning",
        "two days ago",
        "at noon",
        "overnight",
    ),
    "span": ("this year", "this month", "in a week", "since {:month}"),
    "source": (
        "officials",
        "officials",
        "witnesses",
        "a spokesman",
        "local media",
        "the ministry",
        "{~NAME}",
        "{~NAME}",
        "{~ORG}",
        "a spokeswoman for {~ORG}",
        "residents of {~TOWN}",
        "aides",
    ),
    "issue": (
        "new taxes",
        "the price of bread",
        "the election law",
        "the peace plan",
        "water rights",
        "corruption",
        "the border wall",
        "trade",
        "climate rules",
    ),
    "demand": ("higher wages", "free elections", "clean water", "reform", "equal rights", "peace"),
    "crime": ("fraud", "theft", "spying", "smuggling", "forgery", "tax evasion"),
    "sum": (
        "{:number} dollars",
        "{:number} dollars",
        "{:number} euros",
        "a million dollars",
        "cash",
        "two thousand dollars",
    ),
    "number": ("20", "50", "100", "300", "450", "700", "1,200", "5,000"),
}
"""Words and phrases without event participants."""
