"""One line for a person out of an error of TensorFlow, Beam or anything else.

TensorFlow's messages begin with lines that say nothing. What fails in a step of a Beam pipeline
arrives as a RuntimeError whose message is the worker's traceback, often of several errors that were
raised from one another.
"""

from __future__ import annotations

import re

_STEP = re.compile(r"\s*\[while running '[^']*'\]")
_TRACEBACK = "Traceback (most recent call last):"
# `package.SomeError: message`, at the start of a line.
_RAISED = re.compile(r"(?:\w+\.)*(?P<name>[A-Za-z_]\w*)(?:: (?P<message>.*))?")
# First lines of TensorFlow's messages that say nothing.
_EMPTY_WORDS = ("Graph execution error:", "Detected at node", "<stack traces", 'File "')


def cause_of(error: BaseException) -> str | None:
    """Returns what failed in a Beam pipeline, one line; None if the error is not of that kind."""
    message = str(error)
    if "[while running '" not in message:
        return None
    if _TRACEBACK not in message:
        return _STEP.sub("", f"{type(error).__name__}: {_first_useful(message)}")
    raised = _raised_last(message.rpartition(_TRACEBACK)[2])
    while raised.startswith("RuntimeError: ") and _is_raised(raised.partition(": ")[2]):
        # Beam repeats the error's type when it adds the step to its message.
        raised = raised.partition(": ")[2]
    return raised


def in_one_line(error: BaseException) -> str:
    """Returns the type of an error and the first line of its message that says something.

    Of an error in a Beam pipeline, those of its cause.
    """
    own = f"{type(error).__name__}: {_first_useful(str(error))}".removesuffix(": ")
    return cause_of(error) or own


def _raised_last(traceback: str) -> str:
    """Returns type and message of the error that a traceback ends with."""
    lines = iter(traceback.splitlines())
    for line in lines:
        match = None if line.startswith(" ") else _RAISED.fullmatch(line)
        if match:
            said = _STEP.sub("", "\n".join([match["message"] or "", *lines]))
            return f"{match['name']}: {_first_useful(said)}".removesuffix(": ")
    return "RuntimeError: it did not say why"


def _first_useful(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    useful = (line for line in lines if not line.startswith(_EMPTY_WORDS))
    return next(useful, lines[0] if lines else "")


def _is_raised(text: str) -> bool:
    name, colon, _ = text.partition(": ")
    return bool(colon) and name.isidentifier() and name.endswith(("Error", "Exception"))
