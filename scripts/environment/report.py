"""What the set-up tells a person: a few lines on the terminal, the tools' own words in a log."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SetupError(Exception):
    """The environment cannot be made.

    Attributes:
        problem: What is wrong.
        remedy: What to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy


def say(text: str, end: str = "\n") -> None:
    """Writes a line of progress, at once."""
    sys.stdout.write(f"set-up: {text}{end}")
    sys.stdout.flush()


def warn(error: SetupError) -> None:
    """Writes an error and its remedy."""
    indented = error.remedy.replace("\n", "\n        ")
    sys.stderr.write(f"set-up failed: {error.problem}\n        {indented}\n")


@contextmanager
def step(text: str) -> Iterator[None]:
    """Says what is being done, and then how many seconds it took."""
    say(f"{text} ...", end="")
    start = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = f"{time.monotonic() - start:.0f} s"
    finally:
        sys.stdout.write(f" {outcome}\n")
        sys.stdout.flush()
