"""Where Tidemill's own code is: in a checkout, and in an image alike."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCK_FILE = PROJECT / "requirements.lock"
