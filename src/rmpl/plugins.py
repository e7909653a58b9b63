"""Registries that other packages can add to: an installed package declares an entry point.

The groups are ``rmpl.corpora``, ``rmpl.tasks``, ``rmpl.families`` and ``rmpl.protocols``. Names
that are shipped come first. What other packages declare is read from their metadata; their code is
imported when one of their names is asked for, or all are listed.
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
    """An installed package declares something that is not used."""


class Registry(Generic[Entry]):
    """Things of one kind by their names: those shipped, then those of installed packages.

    Parameters
    ----------
    noun
        What an entry is called in messages: ``corpus``, ``task``, ``protocol``.
    group
        The entry-point group other packages declare theirs in.
    shipped
        The entries of this package.
    is_valid
        Whether what an entry point names is such an entry.
    expected
        What it must be, for messages: ``a rmpl.corpora.registry.Corpus``.
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
        """Return all names, the shipped ones first; nothing of another package is imported."""
        return list(dict.fromkeys([*self.shipped, *sorted(_declared(self.group))]))

    def find(self, name: str, *, where: str | None = None, hint: str = "known: ") -> Entry:
        """Return the entry of that name.

        Parameters
        ----------
        name
            A shipped name, or one that an installed package declares.
        where
            Where the name was found, for messages.
        hint
            What stands before the list of known names.

        Raises
        ------
        RmplError
            If there is none (the nearest name is suggested), or the package that declares it is
            broken.
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
        """Yield every name with its entry, or with what is wrong with the package that declares it.

        A declaration that repeats a shipped name is yielded as an error after the shipped entry.
        """
        yield from self.shipped.items()
        for name in sorted(_declared(self.group)):
            try:
                yield name, self._repeats(name) if name in self.shipped else self.find(name)
            except RmplError as error:
                yield name, error

    def _load(self, name: str) -> Entry:
        """Import what an installed package declares under a name."""
        points = _declared(self.group)[name]
        packages = _packages(points)
        if len(points) > 1:
            raise RmplError(
                f"{packages} declare the same {self.noun} {name}", remedy="uninstall one of them"
            )
        wrong = functools.partial(
            RmplError, where=f"plug-in {packages}", remedy="mend or uninstall that package"
        )
        try:
            found = points[0].load()
        # What another package's import may raise is not ours to list, and none of it should end
        # in a traceback of rmpl.
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
            f"the {self.noun} {name} is rmpl's own and is used, not the one of that name",
            where=f"plug-in {_packages(_declared(self.group)[name])}",
            remedy="rename its entry point",
        )


@functools.cache
def _declared(group: str) -> Mapping[str, tuple[importlib.metadata.EntryPoint, ...]]:
    """Return the entry points of a group by name; read once a process."""
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
