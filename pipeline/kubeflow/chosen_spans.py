"""Which spans a run on Kubeflow uses: decided once, by its first task, for all that follow.

A task that is tried again, or one that comes later, must not see data that has arrived since.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from ml_metadata import errors

from components.example_gen.spans import Span
from components.example_gen.window import Choice
from pipeline.kubeflow.known_runs import register_run, spans_of_run

if TYPE_CHECKING:
    from collections.abc import Callable


def choice_of_run(store: Any, run_id: str, pipeline: str, choose: Callable[[], Choice]) -> Choice:
    """Returns what the run decided, deciding it where no task has.

    Args:
        store: A `MetadataStore`.
        run_id: Id of the run.
        pipeline: Name of the run's pipeline.
        choose: Looks at the data that is there.
    """
    known = spans_of_run(store, run_id)
    if known is None:
        chosen = _text_of(choose())
        # If another task of the run was quicker, its choice counts.
        with contextlib.suppress(errors.AlreadyExistsError):
            register_run(store, run_id, pipeline, chosen)
        known = spans_of_run(store, run_id) or chosen
    return _read(known)


def _text_of(choice: Choice) -> str:
    return json.dumps({"spans": [span._asdict() for span in choice.spans], "notes": choice.notes})


def _read(text: str) -> Choice:
    fields = json.loads(text)
    return Choice(tuple(Span(**span) for span in fields["spans"]), tuple(fields["notes"]))
