"""Trainer records on the model how it was trained, and notices a warm start that was not made."""

from __future__ import annotations

import json

import pytest
from tfx.components.trainer.executor import GenericExecutor
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.types import standard_artifacts

from components.trainer.executor import BaseModelIgnoredError, Executor

FN_ARGS = FnArgs(
    base_model="/models/1/Format-Serving",
    hyperparameters={"space": [], "values": {"layers": 2}},
    custom_config={"training": {"seed": 7, "warm_start": True}},
)


def artifact(kind, its_id, **properties):
    made = kind()
    made.id, made.uri = its_id, f"/artifacts/{its_id}"
    for name, value in properties.items():
        made.set_string_custom_property(name, json.dumps(value))
    return made


@pytest.fixture
def train(monkeypatch):
    """Runs the executor with a `run_fn` of one's own; returns the record on the model."""

    def execute(run_fn, **inputs):
        monkeypatch.setattr(GenericExecutor, "_GetFnArgs", lambda *_: FN_ARGS)
        monkeypatch.setattr(GenericExecutor, "Do", lambda self, *a: run_fn(self._GetFnArgs(*a)))
        model = artifact(standard_artifacts.Model, 9)
        context = Executor.Context(pipeline_run_id="20261121-090507")
        Executor(context).Do(inputs, {"model": [model]}, {})
        return json.loads(model.get_string_custom_property("training"))

    return execute


def test_what_is_recorded(train):
    search = {"run_id": "20261120-010203", "finished": "2026-11-20T01:04:00+00:00"}
    record = train(
        lambda fn_args: fn_args.base_model,
        hyperparameters=[artifact(standard_artifacts.HyperParameters, 3, search=search)],
        base_model=[artifact(standard_artifacts.Model, 1, training={"run_id": "20261119-000000"})],
    )
    software = record.pop("software")

    assert record == {
        "run_id": "20261121-090507",
        "seed": 7,
        "hyperparameters": {"layers": 2},
        "search": search,
        "warm_start": True,
        "base_model": {
            "run_id": "20261119-000000",
            "model_artifact_id": 1,
            "model_uri": "/artifacts/1",
        },
    }
    assert {"python", "tensorflow", "keras", "keras-tuner", "tfx"} <= software.keys()


def test_a_cold_training_without_a_search(train):
    record = train(lambda _: None)

    assert (record["search"], record["base_model"]) == (None, None)


def test_a_base_model_that_nobody_reads_is_an_error(train):
    with pytest.raises(BaseModelIgnoredError, match=r"keras_toolkit\.warm_start"):
        train(
            lambda fn_args: fn_args.working_dir, base_model=[artifact(standard_artifacts.Model, 1)]
        )
