"""Which spans a run on Kubeflow uses: decided once, by its first task, for all that follow.

A task that is tried again, or one that comes later, must not see data that has arrived since.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

from components.example_gen.spans import Span
from components.example_gen.window import Choice

if TYPE_CHECKING:
    from collections.abc import Callable

_TYPE = "tidemill.run"
_CHOICE = "spans"


def choice_of_run(store: Any, run_id: str, choose: Callable[[], Choice]) -> Choice:
    """Returns what the run decided, deciding it where no task has.

    Args:
        store: A `MetadataStore`.
        run_id: Id of the run.
        choose: Looks at the data that is there.
    """
    known = store.get_context_by_type_and_name(_TYPE, run_id)
    if known is None:
        # If another task of the run was quicker, its choice counts.
        with contextlib.suppress(errors.AlreadyExistsError):
            _remember(store, run_id, choose())
        known = store.get_context_by_type_and_name(_TYPE, run_id)
    return _read(known.properties[_CHOICE].string_value)


def _remember(store: Any, run_id: str, choice: Choice) -> None:
    kind = metadata_store_pb2.ContextType(name=_TYPE)
    kind.properties[_CHOICE] = metadata_store_pb2.STRING
    context = metadata_store_pb2.Context(type_id=store.put_context_type(kind), name=run_id)
    fields = {"spans": [span._asdict() for span in choice.spans], "notes": choice.notes}
    context.properties[_CHOICE].string_value = json.dumps(fields)
    store.put_contexts([context])


def _read(text: str) -> Choice:
    fields = json.loads(text)
    return Choice(tuple(Span(**span) for span in fields["spans"]), tuple(fields["notes"]))
