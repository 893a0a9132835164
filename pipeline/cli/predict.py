"""`tidemill predict`: asks a served model about rows of a file."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import click

from pipeline.errors import TidemillError, UsageError

if TYPE_CHECKING:
    from serving.client import Client, Columns, ServingError

_STDIN = "-"
_REST_SERVER = "127.0.0.1:8501"
_GRPC_SERVER = "127.0.0.1:8500"


@click.command()
@click.argument("model")
@click.option(
    "--input",
    "source",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE|-",
    help="Rows as JSON, JSON lines, or CSV with a header (FILE.csv); - is standard input (JSON).",
)
@click.option("--rest/--grpc", "rest", default=True, help="The protocol.  [default: --rest]")
@click.option(
    "--server",
    metavar="HOST:PORT",
    help=f"The model server. Default: {_REST_SERVER} for REST, {_GRPC_SERVER} for gRPC.",
)
@click.option(
    "--signature", default="serving_rows", show_default=True, help="The signature to call."
)
@click.option("--timeout", default=30.0, show_default=True, help="Longest wait, in seconds.")
def predict(
    model: str, source: str, rest: bool, server: str | None, signature: str, timeout: float
) -> None:
    """Ask MODEL about the rows of a file; prints one prediction a line, as JSON."""
    from serving.client import ServingError, connect
    from serving.client.row_files import RowFormatError

    address = server or (_REST_SERVER if rest else _GRPC_SERVER)
    try:
        with connect(address, model, "rest" if rest else "grpc", timeout) as client:
            rows = _read_rows(client, source, signature)
            if not rows:
                raise UsageError(f"{source} holds no rows")
            columns = client.predict(rows, signature)
    except RowFormatError as error:
        raise UsageError(f"{source}: {error.message}") from error
    except ServingError as error:
        raise _explain(error, model, address) from error
    for line in _lines(columns):
        click.echo(line)


def _read_rows(client: Client, source: str, signature: str) -> list[dict[str, Any]]:
    from serving.client.row_files import RowFormatError, parse_csv_rows, parse_json_rows

    try:
        # The mark that some programs put in front of UTF-8 is not part of the first name.
        with click.open_file(source, encoding="utf-8-sig") as file:
            text: str = file.read()
    except UnicodeDecodeError as error:
        raise RowFormatError(f"not UTF-8 text: {error}") from error
    if source.lower().endswith(".csv"):
        return parse_csv_rows(text, client.metadata().signature(signature).inputs)
    return parse_json_rows(text)


def _lines(columns: Columns) -> list[str]:
    rows = zip(*columns.values(), strict=True)
    return [
        json.dumps(dict(zip(columns, row, strict=True)), default=_bytes_to_json, ensure_ascii=False)
        for row in rows
    ]


def _bytes_to_json(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode("ascii")}


def _explain(error: ServingError, model: str, address: str) -> TidemillError:
    from serving.client import UnavailableError

    message = " ".join(error.message.split())
    if isinstance(error, UnavailableError):
        return TidemillError(f"{message} (`tidemill serve {model}` starts a server)")
    return TidemillError(f"{model} on {address}: {error.code.name}: {message}")
