"""What the metadata service knows of the runs of a pipeline: which there were, how they ended.

Each run has a context of Tidemill's own, which its first task makes. Kubeflow's own records of runs
are no help to a pod: it may not be allowed to read them, and people delete them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ml_metadata.proto import metadata_store_pb2

_TYPE = "tidemill.run"
_SPANS = "spans"
_PIPELINE, _OUTCOME = "pipeline", "outcome"


class KnownRun(NamedTuple):
    """A run.

    Attributes:
        run_id: Its id.
        outcome: How it ended; empty while it goes on, and for one that nobody ended.
    """

    run_id: str
    outcome: str


def register_run(store: Any, run_id: str, pipeline: str, spans: str) -> None:
    """Makes a run known.

    Args:
        store: A `MetadataStore`.
        run_id: Id of the run.
        pipeline: Name of its pipeline.
        spans: The spans that it uses (`pipeline.kubeflow.chosen_spans`).

    Raises:
        ml_metadata.errors.AlreadyExistsError: Another task of the run was quicker.
    """
    kind = metadata_store_pb2.ContextType(name=_TYPE)
    kind.properties[_SPANS] = metadata_store_pb2.STRING
    context = metadata_store_pb2.Context(type_id=store.put_context_type(kind), name=run_id)
    context.properties[_SPANS].string_value = spans
    context.custom_properties[_PIPELINE].string_value = pipeline
    store.put_contexts([context])


def spans_of_run(store: Any, run_id: str) -> str | None:
    """Returns the spans that were registered with a run; None if the run is not known."""
    context = store.get_context_by_type_and_name(_TYPE, run_id)
    return None if context is None else str(context.properties[_SPANS].string_value)


def record_outcome(store: Any, run_id: str, outcome: str) -> None:
    """Records how a run ended; a task that is tried again may end it another way.

    Args:
        store: A `MetadataStore`.
        run_id: Id of a run that is known.
        outcome: How it ended.
    """
    context = store.get_context_by_type_and_name(_TYPE, run_id)
    context.custom_properties[_OUTCOME].string_value = outcome
    store.put_contexts([context])


def known_runs(store: Any, pipeline: str) -> list[KnownRun]:
    """Returns the runs of a pipeline, oldest first.

    Args:
        store: A `MetadataStore`.
        pipeline: Name of the pipeline.
    """
    contexts = sorted(store.get_contexts_by_type(_TYPE), key=lambda context: context.id)
    return [
        KnownRun(context.name, context.custom_properties[_OUTCOME].string_value)
        for context in contexts
        if context.custom_properties[_PIPELINE].string_value == pipeline
    ]
