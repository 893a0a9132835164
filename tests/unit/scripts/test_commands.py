import sys

import pytest

from scripts.environment.commands import Commands
from scripts.environment.report import SetupError


def test_a_failure_names_the_attempt_the_log_and_shows_its_end(tmp_path):
    log = tmp_path / "setup.log"
    script = "print('\\n'.join(f'line {n}' for n in range(100))); raise SystemExit(7)"
    with pytest.raises(SetupError) as caught:
        Commands(log).run("installing", sys.executable, "-c", script)
    assert caught.value.problem.startswith("installing: python")
    assert caught.value.problem.endswith("status 7")
    assert str(log) in caught.value.remedy
    assert "line 99" in caught.value.remedy
    assert "line 50" not in caught.value.remedy
    assert "line 0\n" in log.read_text()


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(SetupError) as caught:
        Commands(tmp_path / "log").run("patching", tmp_path / "patchelf")
    assert str(tmp_path / "patchelf") in caught.value.problem


def test_what_would_change_the_interpreter_is_not_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("KEPT", "yes")
    log = tmp_path / "log"
    script = "import os; print('seen', 'PYTHONDONTWRITEBYTECODE' in os.environ, os.environ['KEPT'])"
    Commands(log).run("looking", sys.executable, "-c", script)
    assert log.read_text().endswith("seen False yes\n")
