"""What ML Metadata holds of a run on Kubeflow is what it holds of a local one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kubeflow_tasks import running_cluster
from ml_metadata.proto import metadata_store_pb2 as mlmd

TAXI = Path(__file__).resolve().parents[2] / "examples" / "taxi"


# What depends on where and when a run was, on how quick, or on random numbers.
ITS_OWN = frozenset(
    {
        "current_model",
        "current_model_id",
        "file_bytes",
        "model_id",
        "model_store",
        "origin",
        "pushed_destination",
        "pushed_version",
        "search",
        "summary",
        "training",
    }
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the taxi example: its ended tasks, and the metadata over gRPC."""
    with running_cluster(tmp_path_factory.mktemp("volume")) as cluster:
        ended = cluster.run("trips", TAXI)
        assert [its.status for its in ended] == [0, 0, 0], ended[-1].log
        yield ended, cluster.service.store()


def test_lineage_over_grpc_is_that_of_a_local_run(run, taxi):
    local = taxi.tidemill.metadata()

    assert lineage(run[1], "trips") == lineage(local, taxi.record["run_id"])


def test_the_report_has_a_line_for_each_slice(run):
    report = run[0][-1].task.report.read_text(encoding="utf-8")
    slices = set(re.findall(r"trip_start_hour=\d+", report))

    assert len(slices) > 10
    assert "worst of 24" in report


def lineage(store, run_id):
    """Returns of each node what does not depend on where and when it ran."""
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    found = {}
    for execution in store.get_executions_by_context(run.id):
        contexts = store.get_contexts_by_execution(execution.id)
        node = next(c.name.partition(".")[2] for c in contexts if c.type == "node")
        events = store.get_events_by_execution_ids([execution.id])
        artifacts = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])}
        found[node] = {
            "type": execution.type,
            "state": mlmd.Execution.State.Name(execution.last_known_state),
            "contexts": sorted(c.type for c in contexts),
            "properties": properties_of(execution),
            "events": sorted(
                (
                    mlmd.Event.Type.Name(event.type),
                    [step.key or step.index for step in event.path.steps],
                    describe(artifacts[event.artifact_id]),
                )
                for event in events
            ),
        }
    return found


def describe(artifact):
    """Returns a text, so that descriptions can be sorted."""
    state = mlmd.Artifact.State.Name(artifact.state)
    splits = artifact.properties["split_names"].string_value
    return f"{artifact.type} {state} {splits} {properties_of(artifact)}"


def properties_of(message):
    """Returns the value of each property; the kind alone where the value is the run's own."""
    found = {}
    for group in ("properties", "custom_properties"):
        for name, value in sorted(getattr(message, group).items()):
            kind = value.WhichOneof("value")
            own = name in ITS_OWN
            found[f"{group}.{name}"] = getattr(value, kind) if kind and not own else kind
    return found
