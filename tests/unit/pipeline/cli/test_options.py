"""Arguments and options that subcommands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.cli import options
from pipeline.config.config_file import FILE_NAME
from pipeline.config.environment import RESERVED


@click.command
@options.use_case_argument
@options.set_option
@options.home_option
@options.dry_run_option
@options.quiet_option
@options.json_option
def command(**given):
    """Keeps what it was given."""
    click.get_current_context().obj.update(given)


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIDEMILL_HOME", raising=False)

    def run(*arguments):
        given = {}
        result = CliRunner().invoke(command, arguments, obj=given)
        assert result.exit_code == 0, result.output
        return given

    return run


def test_defaults(call):
    given = call()

    assert given["home"] == Path.cwd() / ".tidemill"
    assert given["overrides"] == ()
    assert not any(given[flag] for flag in ("dry_run", "quiet", "as_json"))


def test_everything_given(call):
    given = call("taxi", "--set", "a=1", "--set", "b=2", "--home", "x", "--dry-run", "-q", "--json")

    assert given["use_case"] == Path("taxi")
    assert given["overrides"] == ("a=1", "b=2")
    assert given["home"] == Path.cwd() / "x"
    assert all(given[flag] for flag in ("dry_run", "quiet", "as_json"))


def test_home_from_the_environment(call, monkeypatch):
    monkeypatch.setenv("TIDEMILL_HOME", "y")

    assert call()["home"] == Path.cwd() / "y"
    assert call("--home", "x")["home"] == Path.cwd() / "x"
    assert options.HOME_VARIABLE in RESERVED


def test_the_use_case_is_the_current_folder_or_the_taxi_example(call):
    example = call()["use_case"]
    assert (example.name, example.parent.name) == ("taxi", "examples")

    Path(FILE_NAME).touch()
    assert call()["use_case"] == Path()
