"""A medium is scored by its record alone."""

import dataclasses

import pytest

from builders import DIE, document, image_event
from rmpl.records import ImageEvent
from rmpl.scoring import Counts
from rmpl.scoring import judgements as judgements_module
from rmpl.scoring import listing as listing_module
from rmpl.scoring.judgements import judge
from rmpl.scoring.listing import list_items
from rmpl.scoring.media import IMAGE, MEDIA, Medium
from rmpl.scoring.strict import argument_roles, event_mentions

FRAMES = dataclasses.replace(
    IMAGE,
    name="video",
    place="frame",
    place_of=lambda event: event.image_id.partition("@")[0],
    key=lambda event: (event.image_id.partition("@")[0], event.event_type),
    near=(),
)
"""Images as frames of a film, ``FILM@SECOND``: an event is right in any second of its film."""


def event(image_id: str, role: str = "Victim") -> ImageEvent:
    return image_event("e", (role, 0, 0, 9, 9), kind=DIE, image_id=image_id)


@pytest.mark.parametrize(("medium", "right"), [(IMAGE, 0), (FRAMES, 1)])
def test_its_key_says_what_is_right(medium: Medium, right: int) -> None:
    gold, predicted = document(event("film@1")), document(event("film@7"))
    assert event_mentions(medium)(gold, predicted) == Counts(right, 1, 1)
    assert argument_roles(medium)(gold, predicted) == Counts(right, 1, 1)


def test_a_third_medium_is_judged_and_listed_like_the_others(monkeypatch) -> None:
    for module in (judgements_module, listing_module):
        monkeypatch.setattr(module, "MEDIA", (*MEDIA, FRAMES))
    judged = judge(document(event("film@1")), document(event("film@7", role="Place")))
    found = {
        (item.task, item.place, item.medium, item.verdict.value)
        for item in list_items(judged)
        if item.task.startswith("video")
    }
    assert found == {
        ("video_emi", "frame", "film", "right"),
        ("video_are", "frame", "film", "wrong role"),
    }
