"""What artifacts tell about the search and the training that they come from.

Tuner and Trainer write these custom properties; Pusher and the runner read them.
"""

from __future__ import annotations

import json
from typing import Any

# On HyperParameters: JSON object, see `search_record`.
SEARCH_PROPERTY = "search"

# On Model: JSON object, see `components.trainer.fit_record`.
TRAINING_PROPERTY = "training"


def search_record(run_id: str, finished: str) -> str:
    """Returns the value of `SEARCH_PROPERTY`.

    Args:
        run_id: The run that searched.
        finished: When the search was finished, UTC, ISO 8601.
    """
    return json.dumps({"run_id": run_id, "finished": finished})


def read_record(artifact: Any, name: str) -> dict[str, Any] | None:
    """Returns one of these properties of a TFX artifact, or None if it has none."""
    text = artifact.get_string_custom_property(name)
    record: dict[str, Any] | None = json.loads(text) if text else None
    return record
