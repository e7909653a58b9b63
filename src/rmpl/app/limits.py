"""Size and time limits of a request and of all concurrent requests."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Document

NAME_CHARACTERS = 255
"""Maximum length of a file name."""


class Limits(msgspec.Struct, frozen=True):
    """Limits of one request and of all concurrent requests.

    Parameters
    ----------
    characters
        Of all text of a request, articles' included.
    documents
        Documents of a batch; its other limits are those of a request, for all of them together.
    files
        Files of a request.
    file_bytes
        One file.
    files_bytes
        All files of a request.
    markup_bytes
        All articles of a request that are files, their markup included.
    tags
        ``<`` in all of a request's pages: laying out one takes the time of a hundred characters.
    picture_pixels
        One image; M2E2's largest has 22 million.
    pixels
        All images of a request.
    waiting
        Concurrent requests, including those still being received.
    running_bytes, running_pixels
        All concurrent requests.
    seconds
        From the end of receiving a request to its response.
    reading_seconds
        Until a request is read, at most; a small one has less.
    """

    characters: int = 20_000
    documents: int = 32
    files: int = 8
    file_bytes: int = 10_000_000
    files_bytes: int = 16_000_000
    markup_bytes: int = 1_000_000
    tags: int = 20_000
    picture_pixels: int = 25_000_000
    pixels: int = 100_000_000
    waiting: int = 16
    running_bytes: int = 128_000_000
    running_pixels: int = 200_000_000
    seconds: float = 120.0
    reading_seconds: float = 60.0

    @property
    def body_bytes(self) -> int:
        """Return the maximum size of a request: files in base64, text in JSON escapes."""
        files = min(self.files_bytes, self.files * self.file_bytes)
        names = self.files * NAME_CHARACTERS
        return files * 4 // 3 + 12 * (self.characters + names) + 100 * self.documents + 7_000

    @property
    def objects(self) -> int:
        """Return the maximum number of ``{`` in a request: objects, text and names."""
        named = self.files * NAME_CHARACTERS
        return 1 + self.documents + self.files + self.characters + named


class BusyError(RmplError):
    """The server is too busy for another request."""


class Totals:
    """The characters and pixels of all documents of a request; safe between threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._characters = self._pixels = 0
        self._lock = threading.Lock()

    def add(self, document: Document) -> None:
        """Count a document.

        Raises
        ------
        RmplError
            If that is more than one request may have.
        """
        limits = self._limits
        with self._lock:
            self._characters += sum(len(one.text) for one in document.sentences)
            self._pixels += sum(one.width * one.height for one in document.images)
            for count, what, most in (
                (self._characters, "characters", limits.characters),
                (self._pixels, "pixels", limits.pixels),
            ):
                if count > most:
                    raise RmplError(
                        f"{count:,} {what} in the documents up to this one",
                        remedy=f"the limit of a request is {most:,}: send fewer at once",
                    )


class Budget:
    """An amount that requests share; safe between threads."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:
        """Take an amount and return true, or take nothing if less is left."""
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True

    def give(self, amount: int) -> None:
        """Return an amount."""
        with self._lock:
            self._left += amount


class Share:
    """A request's share of a budget; returned at exit."""

    def __init__(self, budget: Budget, what: str) -> None:
        self._budget = budget
        self._what = what
        self._taken = 0
        self._is_over = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._is_over = True
            self._budget.give(self._taken)

    def take(self, amount: int) -> None:
        """Take a further amount.

        Raises
        ------
        BusyError
            If other requests have it.
        """
        with self._lock:
            # A thread may still work for an abandoned request.
            if self._is_over or not self._budget.take(amount):
                raise BusyError(
                    f"too many {self._what} in concurrent requests",
                    remedy="try again later",
                )
            self._taken += amount
