"""Where the metadata lie: a SQLite file or a MySQL database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSWORD_VARIABLE = "TIDEMILL_MYSQL_PASSWORD"  # noqa: S105  the name of a variable
_READWRITE_OPENCREATE = 3  # SqliteMetadataSourceConfig.ConnectionMode


@dataclass(frozen=True)
class SqliteDatabase:
    """A SQLite file, made if it is not there. One connection: more would lock one another out.

    Attributes:
        path: The file.
    """

    path: Path

    connections = 1

    def __str__(self) -> str:
        return f"SQLite file {self.path}"

    def connection_config(self) -> Any:
        """Returns ML Metadata's `ConnectionConfig`."""
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.path)
        config.sqlite.connection_mode = _READWRITE_OPENCREATE
        return config


@dataclass(frozen=True)
class MySqlDatabase:
    """A MySQL or MariaDB database, made if it is not there.

    Attributes:
        host: Its host; `localhost` means a Unix socket to MySQL's client, an address TCP.
        port: Its port.
        name: The database.
        user: Who logs in.
        password: With what.
        connections: How many are held open.
    """

    host: str
    port: int
    name: str
    user: str
    password: str
    connections: int = 4

    def __str__(self) -> str:
        return f"MySQL database {self.name} at {self.host}:{self.port}"

    def connection_config(self) -> Any:
        """Returns ML Metadata's `ConnectionConfig`."""
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.mysql.host = self.host
        config.mysql.port = self.port
        config.mysql.database = self.name
        config.mysql.user = self.user
        config.mysql.password = self.password
        return config


Database = SqliteDatabase | MySqlDatabase


def read_password(file: Path | None, environment: Mapping[str, str]) -> str:
    """Returns MySQL's password: from a file, else from the environment.

    It is no command-line argument, because everybody on a machine can read those.

    Args:
        file: File that holds the password and nothing else; a line's end is not part of it.
        environment: Environment variables.

    Raises:
        ConfigurationError: The file cannot be read, or there is neither.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"--mysql-password-file {file} cannot be read: {error}"
            ) from error
    if PASSWORD_VARIABLE not in environment:
        raise ConfigurationError(
            f"there is no password for MySQL: set {PASSWORD_VARIABLE}, or give "
            "--mysql-password-file"
        )
    return environment[PASSWORD_VARIABLE]
