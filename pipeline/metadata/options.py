"""The command line of the metadata service."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError
from pipeline.metadata.database import (
    PASSWORD_VARIABLE,
    Database,
    MySqlDatabase,
    SqliteDatabase,
    read_password,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST_PORT = 65535


@dataclass(frozen=True)
class ServiceOptions:
    """What the service was started with.

    Attributes:
        database: Where the metadata lie.
        host: Address to listen on.
        port: Port of gRPC; 0 takes a free one.
        metrics_port: Port of the Prometheus page; None means no page, 0 a free port.
        threads: Calls that are worked on at a time.
        grace_seconds: Time that running calls get when the service is stopped.
    """

    database: Database
    host: str
    port: int
    metrics_port: int | None
    threads: int
    grace_seconds: float


def parse_options(arguments: Sequence[str], environment: Mapping[str, str]) -> ServiceOptions:
    """Reads the command line.

    Args:
        arguments: What follows the program's name.
        environment: Environment variables, for the password.

    Raises:
        ConfigurationError: The options contradict one another, or there is no password.
        SystemExit: An option is unknown, malformed or `--help`; argparse has said so.
    """
    given = _parser().parse_args(arguments)
    return ServiceOptions(
        database=_database(given, environment),
        host=given.host,
        port=given.port,
        metrics_port=given.metrics_port,
        threads=given.threads,
        grace_seconds=given.grace_seconds,
    )


def _database(given: argparse.Namespace, environment: Mapping[str, str]) -> Database:
    if given.sqlite is not None and given.mysql_host is not None:
        raise ConfigurationError("--sqlite and --mysql-host are two databases; give one")
    if given.sqlite is not None:
        return SqliteDatabase(given.sqlite)
    if given.mysql_host is None:
        raise ConfigurationError("there is no database: give --sqlite FILE or --mysql-host HOST")
    return MySqlDatabase(
        host=given.mysql_host,
        port=given.mysql_port,
        name=given.mysql_database,
        user=given.mysql_user,
        password=read_password(given.mysql_password_file, environment),
        connections=given.connections,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.metadata.server",
        description="Serves ML Metadata over gRPC, from a SQLite file or a MySQL database.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 in a pod")
    add("--port", type=_port, default=8080, help="port of gRPC; 0 takes a free one")
    add("--metrics-port", type=_port, help="port of the Prometheus page; without it, no page")
    add("--threads", type=_positive, default=16, help="calls that are worked on at a time")
    add("--grace-seconds", type=float, default=10.0, help="time for running calls at the end")
    add("--sqlite", type=Path, metavar="FILE", help="SQLite file; made if it is not there")
    add("--mysql-host", help="host of MySQL or MariaDB")
    add("--mysql-port", type=_port, default=3306, help="its port")
    add("--mysql-database", default="metadata", help="its database; made if it is not there")
    add("--mysql-user", default="tidemill", help="who logs in")
    add(
        "--mysql-password-file",
        type=Path,
        metavar="FILE",
        help=f"file that holds the password; without it, the variable {PASSWORD_VARIABLE}",
    )
    add("--connections", type=_positive, default=4, help="connections to MySQL")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to {_LARGEST_PORT}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
