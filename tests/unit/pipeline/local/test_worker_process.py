"""What a worker is started with."""

from __future__ import annotations

import os
import subprocess
import sys

from pipeline.local import worker_process


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
