"""Takes the frame off TensorFlow's error texts, so that clients read what the operation said."""

from __future__ import annotations

import re

_FRAME = "Graph execution error:"
_NO_TRACE = "<stack traces unavailable>\n"
_FUNCTION = re.compile(r"\s*\[Op:[^\]\s]*\]\s*$")


def op_message(text: str) -> str:
    """Returns the operation's own message out of the text of an error in a loaded function.

    TensorFlow puts headings around it where a stack trace of the model's source would stand, and
    the name of the function behind it. A loaded model has neither to show.
    """
    if text.startswith(_FRAME):
        text = text.rpartition(_NO_TRACE)[2]
    return _FUNCTION.sub("", text)
