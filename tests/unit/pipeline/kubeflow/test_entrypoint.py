"""What ends a task before any node runs."""

from __future__ import annotations

import pytest

from pipeline.kubeflow import entrypoint, task_run
from pipeline.kubeflow.code_identity import TIDEMILL, USE_CASE
from pipeline.kubeflow.payload import TaskPayload
from pipeline.kubeflow.task_result import TaskResult

WRONG_CODE = 2


@pytest.fixture
def in_image(tmp_path, monkeypatch):
    """The folder that stands for Tidemill's in the image, with a use case."""
    monkeypatch.setattr(task_run, "PROJECT", tmp_path)
    monkeypatch.setattr(entrypoint.signal, "signal", lambda *_: None)  # those of pytest stay
    use_case = tmp_path / "use_cases" / "churn"
    use_case.mkdir(parents=True)
    (use_case / "model.py").write_text("x = 1\n", encoding="utf-8")
    return use_case


def started(code, **fields):
    """Starts a task that needs some code; returns its exit status."""
    payload = TaskPayload("a", ("A",), True, True, True, "use_cases/churn", (), {}, code)
    options = {
        "task": payload.encode(),
        "nodes": "",
        "run-id": "run",
        "pipeline-root": "",
        "span": "",
        "report": "",
        "executor-input": "",
        **fields,
    }
    return entrypoint.main([text for k, v in options.items() for text in (f"--{k}", v)])


@pytest.mark.usefixtures("in_image")
@pytest.mark.parametrize("other", [USE_CASE, TIDEMILL])
def test_a_task_refuses_an_image_with_other_code(monkeypatch, capsys, other):
    image = {USE_CASE: "a" * 64, TIDEMILL: "b" * 64}
    monkeypatch.setattr(task_run, "code_identity", lambda *_: image)

    status = started({**image, other: "c" * 64})

    log = capsys.readouterr().out
    assert status == WRONG_CODE
    assert f"the pipeline was compiled from {other} cccccccccccc" in log
    result = TaskResult.found_in(log)
    assert (result.exit_status, result.outcome) == (WRONG_CODE, "failed")
    assert "build the image from the code" in result.cause


def test_a_changed_file_is_other_code(in_image, capsys):
    found = task_run.code_identity(in_image)
    (in_image / "model.py").write_text("x = 2\n", encoding="utf-8")

    assert started(found) == WRONG_CODE
    assert "compiled from use case" in capsys.readouterr().out
