"""Reading files as the command does."""

import pytest

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport


@pytest.fixture
def read():
    """Read files and folders: documents by id, what was reported, and the counts."""
    pytest.importorskip("nupunkt")
    pytest.importorskip("nltk")
    pytest.importorskip("inscriptis")
    from rmpl.inputs.reading import Reader
    from rmpl.inputs.sources import find_sources

    def found(*paths):
        report, told = ReadReport(), []
        sources = find_sources([str(path) for path in paths], report, told.append)
        items = list(Reader(report, told.append).read(sources))
        return Found(items, told, report)

    return found


class Found:
    """What was read."""

    def __init__(self, items, told: list[RmplError], report: ReadReport) -> None:
        self.items, self.told, self.report = items, told, report

    @property
    def one(self):
        """The only item."""
        assert not self.told, self.told
        (item,) = self.items
        return item

    @property
    def documents(self):
        """The documents by id."""
        return {item.document.id: item.document for item in self.items}
