"""What is said of a server that did not start: the part of its log that tells why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from serving.errors import ServerStartError

if TYPE_CHECKING:
    from pathlib import Path

_LOG_TAIL_LINES = 15
# What TensorFlow says about the machine with every start.
_CHATTER = re.compile(r"WARNING: All log messages before absl|[IWE]\d{4} |To enable the following")


def start_failure(model_name: str, what: str, log_path: Path) -> ServerStartError:
    """Returns the error for a server that did not start.

    Args:
        model_name: The model that it should have served.
        what: What became of it, as the sentence's predicate.
        log_path: What it wrote; the file may be missing.
    """
    text = log_path.read_text(errors="replace") if log_path.exists() else ""
    telling = [f"  {line}" for line in text.splitlines() if not _CHATTER.match(line)]
    tail = "\n".join(telling[-_LOG_TAIL_LINES:])
    return ServerStartError(
        f"the model server for {model_name} {what}. The end of its log ({log_path}):\n{tail}"
    )
