"""Where each value of the configuration comes from, and how layers are put on one another."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]


class Source(enum.IntEnum):
    """A kind of place that gives values; the larger one wins."""

    FOLDER = 0
    FILE = 1
    ENVIRONMENT = 2
    OPTION = 3


@dataclass(frozen=True)
class Origin:
    """The place that gave a value.

    Attributes:
        source: Kind of the place.
        label: The place: a file's path, a variable's name, a `--set` option or the folder.
        line: Line in the file, counted from 1; None outside files.
    """

    source: Source
    label: str
    line: int | None = None

    def __str__(self) -> str:
        return self.label if self.line is None else f"{self.label}:{self.line}"

    @property
    def prefix(self) -> str:
        """How an error message begins that is about a value from here."""
        if self.source is Source.FILE:
            return str(self)
        kind = "environment variable " if self.source is Source.ENVIRONMENT else ""
        return f"from {kind}{self}"


@dataclass(frozen=True)
class Setting:
    """One value given by the environment or an option: the key's path, the value, the place."""

    path: tuple[str, ...]
    value: Any
    origin: Origin


def dotted(path: KeyPath) -> str:
    """Writes a key's path as people write it: `evaluator.slices[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


class LayeredValues:
    """A tree of values to which settings are added, and the origin of each value in it."""

    def __init__(self, values: dict[str, Any], origins: dict[KeyPath, Origin]) -> None:
        self.values = values
        self._origins = dict(origins)

    def add(self, setting: Setting) -> None:
        """Sets one value; what was at its path, and below, is replaced as a whole."""
        node = self.values
        for depth, key in enumerate(setting.path[:-1], start=1):
            if not isinstance(node.get(key), dict):
                # A key that holds nothing becomes a section; any other value is replaced, and
                # the error that follows must then name who did it.
                if node.get(key) is not None:
                    self._origins[setting.path[:depth]] = setting.origin
                node[key] = {}
            node = node[key]
        node[setting.path[-1]] = setting.value
        self._forget_below(setting.path)
        self._origins[setting.path] = setting.origin

    def origin(self, path: KeyPath) -> tuple[KeyPath, Origin] | None:
        """Finds who is answerable for the value at a path.

        Returns:
            The path and the origin of the value itself or, where several places gave parts of
            it, of the part with the highest precedence; else those of the nearest mapping
            around it; None when nobody gave any of them.
        """
        within = [
            (given, origin) for given, origin in self._origins.items() if given[: len(path)] == path
        ]
        if within:
            return max(within, key=lambda item: (item[1].source, -len(item[0])))
        around = [path[:length] for length in range(len(path) - 1, 0, -1)]
        return next(
            ((given, self._origins[given]) for given in around if given in self._origins), None
        )

    def _forget_below(self, path: KeyPath) -> None:
        for given in [given for given in self._origins if given[: len(path)] == path]:
            del self._origins[given]
