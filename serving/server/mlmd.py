"""Tells by which key ML Metadata knows the version of a model that is served."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from serving.server.metrics import TextGauge

_FILE = ("assets.extra", "mlmd_uuid")
_log = logging.getLogger(__name__)


def show_uuid(gauge: TextGauge, model: str, version: int, folder: Path) -> None:
    """Shows the key that lies in a version folder, if there is one, on the metrics page."""
    try:
        text = folder.joinpath(*_FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("the key of ML Metadata cannot be read: %s", error)
        return
    gauge.show(text.strip(), model, str(version))
