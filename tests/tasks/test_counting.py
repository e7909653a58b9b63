import pytest

from rmpl.ontology import load_ontology
from rmpl.records import Image
from rmpl.scoring.counts import Counts
from rmpl.tasks import Context, Prompt, Sample, make_task
from rmpl.tasks.boxes import RelativeBoxes

CONTEXT = Context(load_ontology(), RelativeBoxes(key="bbox_2d", scale=1000, step=1))
PICTURE = Image("i", None, 100, 100)
ATTACK = '{"type":"Conflict:Attack","trigger":"fired"}'
MAN = '{"span":" man","seen":" man"}'
SHOWN_MAN = '{"seen":" man","span":" man"}'
SECOND_MAN = '{"span":" man","nth":2,"seen":" man"}'
BUSES, CARS = '{"span":"buses"}', '{"span":"cars"}'
BUS, CAR = '{"span":" bus","seen":" truck"}', '{"span":" bus","seen":" car"}'
MEET = '{"type":"Contact:Meet","trigger":"met"}'


def sample(task: str, target: str, image: Image | None = None) -> Sample:
    return Sample(task, "s", Prompt("?", image), target)


def box(*corners: int) -> str:
    return f'{{"role":"Target","bbox_2d":{list(corners)}}}'


def thing(*corners: int) -> str:
    return f'{{"name":"man","bbox_2d":{list(corners)}}}'


@pytest.mark.parametrize(
    ("one", "answer", "counts"),
    [
        (sample("text-emi", f"[{ATTACK}]"), f"[{MEET},{ATTACK}]", Counts(1, 2, 1)),
        (sample("text-emi", f"[{ATTACK}]"), f"[{ATTACK},{ATTACK}]", Counts(1, 2, 1)),
        (sample("text-emi", f"[{ATTACK}]"), f"[{ATTACK}, {{", Counts(1, 1, 1)),
        (sample("text-emi", "[]"), "[]", Counts(0, 0, 0)),
        (sample("text-emi", "[]"), "what?", Counts(0, 0, 0)),
        (
            sample("text-events", '[{"type":"A","trigger":"a","args":[{"role":"R","span":"x"}]}]'),
            '[{"type":"A","trigger":"b","args":[{"role":"R","span":"x"}]}]',
            Counts(1, 2, 2),
        ),
        (
            sample("image-are", f"[{box(0, 0, 500, 500)}]", PICTURE),
            f"[{box(0, 0, 500, 400)},{box(600, 600, 900, 900)}]",
            Counts(1, 2, 1),
        ),
        (sample("image-are", f"[{box(0, 0, 9, 9)}]", PICTURE), f"[{box(1, 2)}]", Counts(0, 1, 1)),
        (sample("same-event", f"[{MAN},{BUS}]"), f"[{BUS},{MAN}]", Counts(2, 2, 2)),
        (sample("same-event", f"[{MAN},{BUS}]"), f"[{MAN},{CAR}]", Counts(1, 2, 2)),
        (sample("same-event", f"[{MAN}]"), f"[{MAN},{MAN}]", Counts(1, 2, 1)),
        (sample("same-event", f"[{MAN}]"), f"[{SECOND_MAN}]", Counts(0, 1, 1)),
        (sample("same-event", f"[{SHOWN_MAN}]"), f"[{MAN}]", Counts(1, 1, 1)),
        (sample("same-event", f"[{MAN},{BUS}]"), f'[{MAN},{{"span":"bus","se', Counts(1, 1, 2)),
        (sample("same-event", f"[{MAN}]"), "[]", Counts(0, 0, 1)),
        (sample("same-event", "[]"), "[]", Counts(0, 0, 0)),
        (sample("same-event", "[]"), "yes", Counts(0, 0, 0)),
        (sample("phrases", f"[{BUSES},{CARS}]"), f"[{CARS}]", Counts(1, 1, 2)),
        (sample("match", "no"), " No", Counts(1, 1, 1)),
        (
            sample("describe", f"[{thing(0, 0, 500, 500)}]", PICTURE),
            f"[{thing(0, 0, 500, 480)},{thing(500, 500, 900, 900)}]",
            Counts(1, 2, 1),
        ),
        (sample("caption", "a man runs"), "a man runs", Counts(1, 1, 1)),
    ],
)
def test_answers_are_counted_by_what_is_right_in_them(one, answer, counts):
    assert make_task(one.task, CONTEXT).count(one, answer) == counts
