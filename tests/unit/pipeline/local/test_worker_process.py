"""What a worker is started with."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pipeline.local import worker_process
from pipeline.places import Home


def test_the_use_case_is_imported_and_not_another_one_of_its_name(tmp_path, monkeypatch):
    """The one whose code was hashed for the cache, and whose functions were checked, runs."""
    for place in ("mine", "others"):
        package = tmp_path / place / "taxi"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"WHOSE = '{place}'\n")
    # A folder beside the use case must not hide one of Tidemill's packages.
    (tmp_path / "mine" / "pipeline").mkdir()
    (tmp_path / "mine" / "pipeline" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "others"))

    said = subprocess.run(
        [sys.executable, "-c", "import taxi, pipeline; print(taxi.WHOSE, pipeline.__file__)"],
        env=worker_process._environment(tmp_path / "mine"),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    whose, pipeline_file = said.split()
    assert whose == "mine"
    assert pipeline_file == sys.modules["pipeline"].__file__


def test_the_users_own_path_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/a", "/b"]))
    path = worker_process._environment(tmp_path)["PYTHONPATH"]
    assert path.endswith(os.pathsep.join([str(tmp_path), "/a", "/b"]))


def test_a_worker_that_was_closed_leaves_no_pipe_open(tmp_path, monkeypatch):
    package = tmp_path / "pipeline" / "local"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "worker.py").write_text("import sys\nsys.stdin.read()\n")
    monkeypatch.setattr(worker_process, "PROJECT", tmp_path)
    home = Home(tmp_path / "home")
    folder = home.run("20261121-090507")
    folder.logs.mkdir(parents=True)
    with (tmp_path / "lock").open("a") as lock:
        worker = worker_process.WorkerProcess(home, folder, tmp_path, lock.fileno(), lean=True)
        pipe = worker.fileno()
        worker.ready = True

        assert worker.close() == 0

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(pipe)
