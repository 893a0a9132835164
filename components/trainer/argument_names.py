"""Names that TensorFlow takes for a function's arguments, for inputs that may have any name.

A signature's inputs are arguments of a Python function and operations of a graph. So a space, a
letter beyond ASCII, a word such as `class` and a second `Fare` beside `fare` cannot be names there,
though the SavedModel's `SignatureDef`, which servers and clients go by, takes any text.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN_BY_PYTHON = frozenset({*map(str.casefold, keyword.kwlist), "self"})


def argument_names(inputs: Iterable[str]) -> dict[str, str]:
    """Returns a name of an argument for each input: its own one where that can be.

    Args:
        inputs: Names of the inputs, each once.

    Returns:
        Input -> argument, in the order given. Arguments differ, also without regard to case.
    """
    names = list(inputs)
    taken = set(_TAKEN_BY_PYTHON)
    arguments: dict[str, str] = {}
    # First those that keep their names, so that no other one gets there before.
    for name in sorted(names, key=_is_not_plain):
        arguments[name] = _free(name, taken)
        taken.add(arguments[name].casefold())
    return {name: arguments[name] for name in names}


def _is_not_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is None


def _free(name: str, taken: set[str]) -> str:
    if _is_not_plain(name):
        name = "input_" + re.sub(r"[^A-Za-z0-9_]", "_", name)
    # TensorFlow takes names that differ in case only for the same.
    while name.casefold() in taken:
        name += "_"
    return name
