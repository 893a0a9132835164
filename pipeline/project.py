"""Where Tidemill's own code is: in a checkout, and in an image alike."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCK_FILE = PROJECT / "requirements.lock"


def environment_of_python() -> dict[str, str]:
    """Returns this process's environment for one that imports Tidemill's code.

    Without bytecode each would compile TensorFlow and TFX anew, which takes longer than importing.
    """
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
