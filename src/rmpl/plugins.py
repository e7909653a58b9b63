"""Registries that installed packages extend through entry points.

The groups are ``rmpl.corpora``, ``rmpl.tasks``, ``rmpl.families`` and ``rmpl.protocols``. Built-in
names take precedence. Entry points are read from package metadata; a package is imported only when
one of its names is looked up, or all entries are listed.
"""

from __future__ import annotations

import difflib
import functools
import importlib.metadata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from rmpl.errors import RmplError

Entry = TypeVar("Entry")


class PluginWarning(UserWarning):
    """An entry point of an installed package is ignored."""


class Registry(Generic[Entry]):
    """Named entries: the built-in ones, then those of installed packages.

    Parameters
    ----------
    noun
        The noun for an entry in messages: ``corpus``, ``task``, ``protocol``.
    group
        The entry-point group of other packages.
    shipped
        The built-in entries.
    is_valid
        Whether a loaded entry point is a valid entry.
    expected
        The expected type, for messages: ``a rmpl.corpora.registry.Corpus``.
    """

    def __init__(
        self,
        noun: str,
        group: str,
        shipped: Mapping[str, Entry],
        is_valid: Callable[[Any], bool],
        expected: str,
    ) -> None:
        self.noun = noun
        self.group = group
        self.shipped = shipped
        self._is_valid = is_valid
        self._expected = expected
        self._loaded: dict[str, Entry] = {}
        self._repeated: set[str] = set()

    def names(self) -> list[str]:
        """Return all names, the built-in ones first, without importing other packages."""
        return list(dict.fromkeys([*self.shipped, *sorted(_declared(self.group))]))

    def find(self, name: str, *, where: str | None = None, hint: str = "known: ") -> Entry:
        """Return the entry of that name.

        Parameters
        ----------
        name
            A built-in name, or one that an installed package declares.
        where
            Where the name was written, for messages.
        hint
            Text before the list of known names.

        Raises
        ------
        RmplError
            If there is no such entry (the nearest name is suggested), or the package that
            declares it is broken.
        """
        if name in self.shipped:
            if name in _declared(self.group) and name not in self._repeated:
                self._repeated.add(name)
                warnings.warn(str(self._repeats(name)), PluginWarning, stacklevel=2)
            return self.shipped[name]
        if name not in _declared(self.group):
            near = difflib.get_close_matches(name, self.names(), n=1)
            suggested = f"did you mean {near[0]}? " if near else ""
            raise RmplError(
                f"no {self.noun} named {name!r}",
                where=where,
                remedy=f"{suggested}{hint}{', '.join(self.names())}",
            )
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def all(self) -> Iterator[tuple[str, Entry | RmplError]]:
        """Yield every name with its entry, or with the error of the package that declares it.

        An entry point that repeats a built-in name is yielded as an error after that entry.
        """
        yield from self.shipped.items()
        for name in sorted(_declared(self.group)):
            try:
                yield name, self._repeats(name) if name in self.shipped else self.find(name)
            except RmplError as error:
                yield name, error

    def _load(self, name: str) -> Entry:
        """Import the entry that an installed package declares under ``name``."""
        points = _declared(self.group)[name]
        packages = _packages(points)
        if len(points) > 1:
            raise RmplError(
                f"{packages} declare the same {self.noun} {name}", remedy="uninstall one of them"
            )
        wrong = functools.partial(
            RmplError, where=f"plug-in {packages}", remedy="fix or uninstall that package"
        )
        try:
            found = points[0].load()
        # Importing another package may raise anything; none of it should end in a traceback.
        except Exception as error:
            raise wrong(
                f"its {self.noun} {name} cannot be loaded ({type(error).__name__}: {error})"
            ) from error
        if not self._is_valid(found):
            raise wrong(
                f"its {self.noun} {name} ({points[0].value}) is a {type(found).__name__}, not "
                f"{self._expected}"
            )
        entry: Entry = found
        return entry

    def _repeats(self, name: str) -> RmplError:
        return RmplError(
            f"its {self.noun} {name} is ignored: rmpl has a built-in one of that name",
            where=f"plug-in {_packages(_declared(self.group)[name])}",
            remedy="rename its entry point",
        )


def declared(group: str) -> dict[str, str]:
    """Return the names that installed packages declare in a group, with who declares each."""
    return {name: f"from {_packages(points)}" for name, points in sorted(_declared(group).items())}


@functools.cache
def _declared(group: str) -> Mapping[str, tuple[importlib.metadata.EntryPoint, ...]]:
    """Return the entry points of a group by name; cached per process."""
    found: dict[str, tuple[importlib.metadata.EntryPoint, ...]] = {}
    for point in importlib.metadata.entry_points(group=group):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def _packages(points: Iterable[importlib.metadata.EntryPoint]) -> str:
    """Return the names of the packages that declare some entry points."""
    names = {
        point.value if point.dist is None else str(point.dist.metadata["Name"]) for point in points
    }
    return ", ".join(sorted(names))
