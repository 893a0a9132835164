"""The command line: help, unknown commands, and errors as messages and exit statuses."""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from pipeline.cli import main as main_module
from pipeline.cli.lazy_group import LazyCommand
from pipeline.cli.main import COMMANDS, cli, main
from pipeline.errors import ConfigurationError, TidemillError, UsageError


@pytest.fixture
def command(monkeypatch):
    """Adds a subcommand `act` with the given body."""

    def add(body):
        module = ModuleType("acting")
        module.act = click.command("act")(body)
        monkeypatch.setitem(sys.modules, "acting", module)
        monkeypatch.setitem(cli._lazy, "act", LazyCommand("acting", "act", "Act."))

    return add


def fail_with(error):
    def body():
        raise error

    return body


def test_help_lists_every_command_without_importing_it(capsys):
    assert main(["--help"]) == 0

    out = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.summary)}$", out, re.MULTILINE)
    assert "Exit status: 0 done; 1 unexpected error; 2 wrong usage" in out


def test_no_command_shows_the_help(capsys):
    assert main([]) == 2
    assert "Usage: tidemill" in capsys.readouterr().err


def test_an_unknown_command_suggests_the_nearest(capsys):
    assert main(["pedict"]) == 2
    assert capsys.readouterr().err.endswith("Error: no command pedict; did you mean predict?\n")


def test_an_unknown_command_that_is_near_to_none(capsys):
    assert main(["xyz"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: no command xyz; the commands are run, serve, predict, rollback, compile, submit, "
        "schedule, follow, terminate, retry, schema, status, logs, clean\n"
    )


def test_an_unknown_option(capsys):
    assert main(["--verbos"]) == 2
    assert "--verbos" in capsys.readouterr().err


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert re.fullmatch(r"tidemill \S.*\n", capsys.readouterr().out)


@pytest.mark.parametrize(("returned", "status"), [(None, 0), (0, 0), (3, 3)])
def test_what_a_command_returns_is_the_status(command, returned, status):
    command(lambda: returned)

    assert main(["act"]) == status


def test_a_command_may_exit(command):
    command(lambda: click.get_current_context().exit(3))

    assert main(["act"]) == 3


@pytest.mark.parametrize(
    ("error", "status"), [(TidemillError, 1), (ConfigurationError, 2), (UsageError, 2)]
)
def test_an_error_of_tidemill_s_is_one_line(command, capsys, error, status):
    command(fail_with(error("no model taxi; run it first")))

    assert main(["act"]) == status
    captured = capsys.readouterr()
    assert captured.err == "tidemill: no model taxi; run it first\n"
    assert captured.out == ""


def test_several_problems_are_a_line_each(command, capsys):
    command(fail_with(ConfigurationError("one", "two")))

    assert main(["act"]) == 2
    assert capsys.readouterr().err == "tidemill: one\n          two\n"


def test_an_unexpected_error_is_one_line_and_a_saved_traceback(
    command, capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command(fail_with(KeyError("a\nb")))

    assert main(["act"]) == 1
    match = re.fullmatch(
        r"tidemill: unexpected error: KeyError: 'a\\nb' \(traceback: (.*)\)\n",
        capsys.readouterr().err,
    )
    assert match
    saved = Path(match[1])
    assert saved.parent == tmp_path
    assert "Traceback (most recent call last)" in saved.read_text()


def test_a_traceback_that_cannot_be_saved(command, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    command(fail_with(KeyError("x")))

    assert main(["act"]) == 1
    assert capsys.readouterr().err == (
        "tidemill: unexpected error: KeyError: 'x' "
        "(traceback: could not be saved; run again with --debug)\n"
    )


@pytest.mark.parametrize(("arguments", "variable"), [(["--debug", "act"], ""), (["act"], "1")])
@pytest.mark.parametrize("error", [KeyError("x"), TidemillError("x")])
def test_debug_shows_the_traceback(command, capsys, monkeypatch, arguments, variable, error):
    monkeypatch.setenv("TIDEMILL_DEBUG", variable)
    command(fail_with(error))

    assert main(arguments) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["false", "0", ""])
def test_a_variable_that_says_no(command, capsys, monkeypatch, variable):
    monkeypatch.setenv("TIDEMILL_DEBUG", variable)
    command(fail_with(TidemillError("x")))

    assert main(["act"]) == 1
    assert capsys.readouterr().err == "tidemill: x\n"


def test_debug_is_a_yes_or_a_no(command, capsys, monkeypatch):
    monkeypatch.setenv("TIDEMILL_DEBUG", "perhaps")
    command(lambda: None)

    assert main(["act"]) == 2
    assert "'perhaps' is not a valid boolean" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption(command, capsys, error):
    command(fail_with(error))

    assert main(["act"]) == 130
    assert capsys.readouterr().err.strip() == "tidemill: interrupted"


def test_arguments_come_from_the_process_by_default(command, monkeypatch):
    command(lambda: 3)
    monkeypatch.setattr(sys, "argv", ["tidemill", "act"])

    assert main_module.main() == 3


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left on the disk; free"),
        (OSError(errno.EROFS, "Read-only", "/h/run.json"), "/h/run.json: the file system is read-"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_as_such(command, capsys, error, message):
    command(fail_with(error))

    assert main(["act"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"tidemill: {message}")
    assert "Traceback" not in captured.err


def test_another_error_of_the_system_is_unexpected(command, capsys):
    command(fail_with(FileNotFoundError(errno.ENOENT, "No such file", "/x")))

    assert main(["act"]) == 1
    assert "unexpected error: FileNotFoundError" in capsys.readouterr().err
