"""The metadata service's command line, and where its password comes from."""

from __future__ import annotations

import pytest

from pipeline.errors import ConfigurationError
from pipeline.metadata.database import PASSWORD_VARIABLE, MySqlDatabase, SqliteDatabase
from pipeline.metadata.options import parse_options

MYSQL = ["--mysql-host", "db", "--mysql-user", "u"]


def test_a_sqlite_file(tmp_path):
    options = parse_options(["--sqlite", str(tmp_path / "x.db"), "--port", "0"], {})

    assert options.database == SqliteDatabase(tmp_path / "x.db")
    assert (options.host, options.port, options.metrics_port) == ("127.0.0.1", 0, None)
    assert options.database.connections == 1


def test_mysql_with_the_password_of_the_environment():
    options = parse_options([*MYSQL, "--connections", "2"], {PASSWORD_VARIABLE: "p w"})

    assert options.database == MySqlDatabase("db", 3306, "metadata", "u", "p w", 2)
    assert "p w" not in str(options.database)


def test_a_file_of_the_password_comes_before_the_environment(tmp_path):
    file = tmp_path / "password"
    file.write_text("of the file\n")
    options = parse_options([*MYSQL, "--mysql-password-file", str(file)], {PASSWORD_VARIABLE: "no"})

    assert options.database == MySqlDatabase("db", 3306, "metadata", "u", "of the file")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --sqlite FILE or --mysql-host HOST"),
        (["--sqlite", "x", *MYSQL], "give one"),
        (MYSQL, f"set {PASSWORD_VARIABLE}, or give --mysql-password-file"),
        ([*MYSQL, "--mysql-password-file", "/nowhere"], "/nowhere cannot be read"),
    ],
)
def test_what_contradicts_itself_or_is_missing(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_options(arguments, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "x"], "'x' is not a port: 0 to 65535"),
        (["--port", "70000"], "'70000' is not a port"),
        (["--threads", "0"], "'0' is not a number from 1 on"),
    ],
)
def test_malformed_numbers(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_options([*arguments, "--sqlite", "x"], {})

    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_connection_configs(tmp_path):
    sqlite = SqliteDatabase(tmp_path / "x.db").connection_config()
    mysql = MySqlDatabase("db", 3307, "metadata", "u", "p").connection_config()

    assert sqlite.sqlite.filename_uri == str(tmp_path / "x.db")
    assert (mysql.mysql.host, mysql.mysql.port, mysql.mysql.password) == ("db", 3307, "p")
