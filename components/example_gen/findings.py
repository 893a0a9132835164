"""What is wrong with the input, as the table that stops a run."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from components.gates import DataRefusedError, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_FINDINGS = 10
_SHOWN_CHARACTERS = 40
_COLUMNS = ("file", "where", "finding", "what to do")


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes:
        file: Name of the file.
        place: Where in the file: `line 7`, `record 3, byte 812`; empty for the file as a whole.
        problem: What is wrong there, with the value.
        fix: What to do about it.
    """

    file: str
    place: str
    problem: str
    fix: str


class Findings:
    """Collects findings: counts all, keeps the first ones.

    Attributes:
        count: How many there are.
        shown: The first of them, at most `SHOWN_FINDINGS`.
    """

    def __init__(self) -> None:
        self.count = 0
        self.shown: list[Finding] = []
        self._files: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether further findings are only counted, so that their details need no effort."""
        return len(self.shown) >= SHOWN_FINDINGS

    def add(self, file: str, place: str, problem: str, fix: str) -> None:
        """Adds one finding."""
        if not self.full:
            self.shown.append(Finding(file, place, problem, fix))
        self.count_more(file, 1)

    def count_more(self, file: str, number: int) -> None:
        """Counts findings of a file that are not shown."""
        self.count += number
        self._files.add(file)

    def extend(self, others: Findings) -> None:
        """Adds what others found, after what was found here."""
        self.shown = [*self.shown, *others.shown][:SHOWN_FINDINGS]
        self.count += others.count
        self._files |= others._files

    def refuse_any(self) -> None:
        """Does nothing if nothing was found.

        Raises:
            DataRefusedError: Something was found.
        """
        if self.count:
            raise DataRefusedError(self._verdict())

    def _verdict(self) -> Verdict:
        advice = "mend the data, then run again; nothing was written"
        if self.count > len(self.shown):
            advice = f"these are the first {len(self.shown)} of {self.count:,} findings; {advice}"
        return Verdict(False, self._headline(), _COLUMNS, tuple(map(tuple, self.shown)), advice)

    def _headline(self) -> str:
        first = self.shown[0]
        if self.count == 1:
            return ": ".join(filter(None, (", ".join(filter(None, first[:2])), first.problem)))
        where = first.file if len(self._files) == 1 else f"{len(self._files)} files"
        return f"{self.count:,} findings in {where}"


def shown(value: str) -> str:
    """Returns a value in quotes, cut to what fits into a table."""
    cut = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}..."
    return repr(cut)


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Returns what to do about a column that is not there: the nearest name, or all of them."""
    names = list(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    listed = ", ".join(names[:SHOWN_FINDINGS])
    return f"the columns are {listed}{', ...' if len(names) > SHOWN_FINDINGS else ''}"
