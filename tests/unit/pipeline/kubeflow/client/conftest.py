"""A stand-in for Kubeflow's API server, and commands that talk to it."""

from __future__ import annotations

import fake_kubeflow
import pytest
from kubeflow_api import Refused
from kubeflow_run import COMPILED

from pipeline.cli.main import main
from pipeline.kubeflow import compile as compile_module
from pipeline.kubeflow.client import schedules, waiting
from pipeline.kubeflow.client.connection import connect
from pipeline.kubeflow.client.endpoint import make_endpoint


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A running stand-in; `fake.url` is where."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with fake_kubeflow.serving() as running:
        yield running


@pytest.fixture
def connection(fake):
    """A connection to the stand-in."""
    return connect(make_endpoint(fake.url, "--endpoint", {}), "kubeflow")


@pytest.fixture
def refused():
    """Makes errors as the API sends them: `refused((3, 400), message)`."""
    return Refused


@pytest.fixture
def use_case(folder, fake, monkeypatch):
    """A use case in this folder, a compiler that takes no time, no waiting, and no terminal."""
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", fake.url)
    for name in ("preprocessing", "model"):
        (folder / f"{name}.py").write_text("def preprocessing_fn(x): ...\ndef run_fn(x): ...\n")
    monkeypatch.setattr(compile_module, "compile_for_kubeflow", lambda *_: COMPILED)
    monkeypatch.setattr(waiting, "SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr(schedules, "_SECONDS_TO_SETTLE", 0)


@pytest.fixture
def run(capsys):
    """Runs a command; returns its exit status, and its lines of output and of errors."""

    def call(*arguments):
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return call
