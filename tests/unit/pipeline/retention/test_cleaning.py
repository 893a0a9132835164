"""Cleaning a home: with files and ML Metadata, without TFX."""

from __future__ import annotations

import itertools
import shutil

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata.local_store import open_local
from pipeline.places import Home
from pipeline.retention import cleaning
from pipeline.retention.cleaning import carry_out, mend, plan
from pipeline.retention.lineage import fail_active
from pipeline.runs import RunOutcome, RunRecord


class Workplace:
    """A home and its ML Metadata, and runs of two nodes in it: Trainer, and Pusher after it."""

    def __init__(self, root, store):
        self.home = Home(root)
        self.store = store
        self._numbers = itertools.count(1)

    def run(self, run_id, outcome=RunOutcome.SUCCEEDED, *, model=None, push=True, **fields):
        """Records a run that trained a model, or was answered with one; returns the model."""
        folder = self.home.run(run_id)
        folder.logs.mkdir(parents=True)
        (folder.logs / "Trainer.log").write_text("trained")
        folder.request.write_text("{}")
        RunRecord(run_id, "taxi", "/taxi", "x", 1, outcome=outcome, **fields).save(folder)
        context = self._run_context(run_id)
        state = mlmd.Execution.CACHED if model else mlmd.Execution.COMPLETE
        model = model or self.artifact("Trainer", "model", "Model")
        self._execution("Trainer", context, outputs=[model], state=state)
        if push:
            pushed = self.artifact("Pusher", "pushed_model", "PushedModel", self._push_of(model))
            self._execution("Pusher", context, inputs=[model], outputs=[pushed])
        return model

    def artifact(self, node, key, type_name, properties=()):
        number = next(self._numbers)
        folder = self.home.artifacts / "taxi" / node / key / str(number)
        folder.mkdir(parents=True)
        (folder / "content").write_bytes(b"x" * 100)
        artifact = mlmd.Artifact(
            type_id=self.store.put_artifact_type(mlmd.ArtifactType(name=type_name)),
            uri=str(folder),
            state=mlmd.Artifact.LIVE,
        )
        for name, value in dict(properties).items():
            field = "int_value" if isinstance(value, int) else "string_value"
            setattr(artifact.custom_properties[name], field, value)
        (artifact.id,) = self.store.put_artifacts([artifact])
        return artifact

    def remove_from_store(self, model):
        (self.home.models / "taxi" / str(model.id)).rmdir()

    def state_of(self, artifact):
        (found,) = self.store.get_artifacts_by_id([artifact.id])
        return mlmd.Artifact.State.Name(found.state)

    def plan(self, keep_runs, window=()):
        return plan(self.store, self.home, "taxi", keep_runs, window)

    def clean(self, keep_runs):
        carry_out(self.store, self.plan(keep_runs))

    def snapshot(self):
        """Returns all that a cleaning may change."""
        files = sorted(str(path.relative_to(self.home.root)) for path in self.home.root.rglob("*"))
        return files, sorted((a.id, a.state) for a in self.store.get_artifacts())

    def _push_of(self, model):
        destination = self.home.models / "taxi" / str(model.id)
        destination.mkdir(parents=True, exist_ok=True)
        return {
            "pushed": 1,
            "model_id": model.id,
            "pushed_version": str(model.id),
            "pushed_destination": str(destination),
        }

    def _run_context(self, run_id):
        type_id = self.store.put_context_type(mlmd.ContextType(name="pipeline_run"))
        context = mlmd.Context(type_id=type_id, name=run_id)
        (context.id,) = self.store.put_contexts([context])
        return context

    def _execution(self, node, context, inputs=(), outputs=(), state=mlmd.Execution.COMPLETE):
        type_id = self.store.put_execution_type(mlmd.ExecutionType(name=node))
        execution = mlmd.Execution(type_id=type_id, last_known_state=state)
        execution_id, _, _ = self.store.put_execution(execution, [], [context])
        kinds = ((inputs, mlmd.Event.INPUT), (outputs, mlmd.Event.OUTPUT))
        events = [
            mlmd.Event(execution_id=execution_id, artifact_id=artifact.id, type=kind)
            for artifacts, kind in kinds
            for artifact in artifacts
        ]
        if events:
            self.store.put_events(events)


@pytest.fixture
def place(tmp_path):
    with open_local(tmp_path / "metadata.db", write=True) as store:
        yield Workplace(tmp_path, store)


def names(wastes):
    return ["/".join(waste.path.parts[-3:]) for waste in wastes]


def test_all_is_kept_unless_told_otherwise(place):
    place.run("20261121-100000")
    place.run("20261121-100001")
    before = place.snapshot()
    place.clean(None)

    assert place.snapshot() == before


def test_outputs_of_older_runs_go_with_logs_and_request_but_not_the_record(place):
    old = place.run("20261121-100000", push=False)
    new = place.run("20261121-100001", push=False)
    decided = place.plan(1)
    carry_out(place.store, decided)

    assert place.state_of(old) == "DELETED"
    assert place.state_of(new) == "LIVE"
    assert names(decided.outputs) == [f"Trainer/model/{old.id}"]
    assert decided.size == 100 + len("trained") + len("{}")
    left = place.home.run("20261121-100000").root
    assert [path.name for path in left.iterdir()] == ["run.json"]
    assert place.home.run("20261121-100001").logs.exists()


def test_what_a_kept_run_had_from_the_cache_stays(place):
    model = place.run("20261121-100000", push=False)
    place.run("20261121-100001", model=model, push=False)
    place.clean(1)

    assert place.state_of(model) == "LIVE"
    assert not place.home.run("20261121-100000").logs.exists()


def test_pushed_models_stay_while_the_store_has_them(place):
    models = [place.run(f"20261121-10000{number}") for number in range(4)]
    place.clean(1)
    assert [place.state_of(model) for model in models] == ["LIVE"] * 4

    place.remove_from_store(models[0])
    place.run("20261121-100004", push=False)
    place.clean(1)
    assert [place.state_of(model) for model in models] == ["DELETED", "LIVE", "LIVE", "LIVE"]


def test_the_data_of_spans_in_the_window_stays_whichever_run_read_it(place):
    """A backfill is the latest run; the next one reads the newest spans again."""
    old, new = (
        place.artifact(f"ExampleGen.span-{span}", "examples", "Examples") for span in (1, 14)
    )
    judged = place.artifact("ExampleValidator.span-14", "anomalies", "ExampleAnomalies")
    place.run("20261121-100000")

    going = {artifact.id for artifact in place.plan(1, window={4, 14}).artifacts}

    assert old.id in going
    assert not going & {new.id, judged.id}


def test_a_store_that_is_not_there_removes_no_model(place):
    model = place.run("20261121-100000")
    for number in range(1, 4):
        place.run(f"20261121-10000{number}")
    place.home.models.rename(place.home.root / "unmounted")
    place.clean(1)

    assert place.state_of(model) == "LIVE"


def test_of_a_run_without_anything_new_nothing_stays(place):
    model = place.run("20261121-100000", push=False)
    for number in (1, 2):
        place.run(f"20261121-10000{number}", model=model, push=False, nothing_new=True)
    place.clean(1)

    assert not place.home.run("20261121-100001").root.exists()
    assert place.home.run("20261121-100002").logs.exists()
    assert place.state_of(model) == "LIVE"


def test_another_pipeline_is_left_alone(place):
    place.run("20261121-100000", push=False)
    before = place.snapshot()
    carry_out(place.store, plan(place.store, place.home, "penguin", 1))

    assert place.snapshot() == before


def test_what_killed_nodes_left_goes_in_any_case(place):
    place.run("20261121-100000")
    node = place.home.artifacts / "taxi" / "Trainer"
    for orphan in ("model/99", ".system/executor_execution/99/.temp", "model/notes"):
        (node / orphan).mkdir(parents=True)
    place.clean(None)

    assert not (node / "model" / "99").exists()
    assert list((node / ".system" / "executor_execution").iterdir()) == []
    assert (node / "model" / "notes").exists()  # no node gives such a name


def test_outputs_of_a_home_that_was_copied_are_nobodys_to_remove(place, tmp_path):
    place.run("20261121-100000")
    copied = Home(tmp_path / "copied")
    shutil.copytree(place.home.artifacts, copied.artifacts)
    (copied.artifacts / "taxi/Trainer/model/99").mkdir()
    decided = plan(place.store, copied, "taxi", 1)

    assert names(decided.outputs) == ["Trainer/model/99"]
    assert list(decided.artifacts) == []


@pytest.mark.parametrize("steps", range(5))
def test_an_interrupted_cleaning_is_finished_by_the_next(place, monkeypatch, steps):
    for number in range(3):
        place.run(f"20261121-10000{number}", push=False)
    real, done = cleaning.remove, itertools.count()

    def remove(path):
        if next(done) == steps:
            raise KeyboardInterrupt
        real(path)

    monkeypatch.setattr(cleaning, "remove", remove)
    with pytest.raises(KeyboardInterrupt):
        place.clean(1)
    monkeypatch.undo()
    live = [a for a in place.store.get_artifacts() if a.state == mlmd.Artifact.LIVE]
    place.clean(1)

    assert [a.id for a in live] == [3]  # told before any file was removed
    assert [path.name for path in (place.home.artifacts / "taxi/Trainer/model").iterdir()] == ["3"]
    assert [run.name for run in place.home.runs.iterdir() if (run / "logs").exists()] == [
        "20261121-100002"
    ]
    assert place.plan(1).size == 0


def test_what_somebody_removed_is_no_longer_offered(place):
    gone = place.run("20261121-100000", push=False)
    there = place.run("20261121-100001", push=False)
    (place.home.artifacts / "taxi/Trainer/model" / str(gone.id) / "content").unlink()
    (place.home.artifacts / "taxi/Trainer/model" / str(gone.id)).rmdir()

    assert [artifact.id for artifact in mend(place.store, place.home.artifacts / "taxi")] == [
        gone.id
    ]
    assert (place.state_of(gone), place.state_of(there)) == ("DELETED", "LIVE")
    assert mend(place.store, place.home.artifacts / "taxi") == []


def test_executions_of_a_killed_run_are_failed(place):
    context = place._run_context("20261121-100000")
    for state in (mlmd.Execution.RUNNING, mlmd.Execution.NEW, mlmd.Execution.COMPLETE):
        place._execution("Trainer", context, state=state)
    for run_id in ("20261121-100000", "20261121-100009"):
        fail_active(place.store, run_id)
    executions = place.store.get_executions_by_context(context.id)

    names = [mlmd.Execution.State.Name(e.last_known_state) for e in executions]
    assert sorted(names) == ["COMPLETE", "FAILED", "FAILED"]
