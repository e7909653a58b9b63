"""Groups of documents: first ones small, so that what is interrupted early has written some."""

from rmpl.extraction.chunks import chunks
from rmpl.records import Document, Image


def test_groups_double_up_to_their_full_size():
    one = Document(id="d", images=tuple(Image(id=f"i{n}", width=1, height=1) for n in range(2)))
    sizes = [len(group) for group in chunks([one] * 20, lambda item: item, prompts=12, first=4)]
    assert sizes == [2, 4, 6, 6, 2]
    assert [len(group) for group in chunks([one] * 20, lambda item: item, prompts=12)] == [
        6,
        6,
        6,
        2,
    ]
