"""What a request may hold, what all that run may hold together, and how long they may take."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import msgspec

from rmpl.errors import RmplError

NAME_CHARACTERS = 255
"""Of a file's name."""


class Limits(msgspec.Struct, frozen=True):
    """What one request may hold, and all of them.

    Parameters
    ----------
    characters
        Of all text of a request, articles' included.
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
        One picture; M2E2's largest has 22 million.
    pixels
        All pictures of a request.
    waiting
        Requests under way, those that are still being read included.
    running_bytes, running_pixels
        All requests under way.
    seconds
        From when a request is read to its answer.
    reading_seconds
        Until a request is read, at most; a small one has less.
    """

    characters: int = 20_000
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
        """Return the most that a request may have: files in base 64, and text in JSON's escapes."""
        files = min(self.files_bytes, self.files * self.file_bytes)
        return files * 4 // 3 + 12 * (self.characters + self.files * NAME_CHARACTERS) + 10_000

    @property
    def objects(self) -> int:
        """Return the most ``{`` that such a request may have: objects, text and names."""
        return 1 + self.files + self.characters + self.files * NAME_CHARACTERS


class BusyError(RmplError):
    """So much is under way that another request is turned away."""


class Budget:
    """An amount that requests share; safe between threads."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:
        """Take some, and return whether so much was left; else nothing is taken."""
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True

    def give(self, amount: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self._left += amount


class Share:
    """What one request has of a budget; given back when it is left."""

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
        """Take some more.

        Raises
        ------
        BusyError
            If others have it.
        """
        with self._lock:
            # A thread may still work for a request that has been given up: nothing is left to take.
            if self._is_over or not self._budget.take(amount):
                raise BusyError(
                    f"requests under way hold too many {self._what} to take more",
                    remedy="try again later",
                )
            self._taken += amount
