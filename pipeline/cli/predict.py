"""`tidemill predict`: asks a served model about rows of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.prediction_output import Csv, JsonLines, one_line, refusal
from pipeline.errors import TidemillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.cli.prediction_output import Format
    from serving.client import Client, ServingError, Signature
    from serving.client.api import ProtocolName
    from serving.client.batches import RowAnswer

_JSON = "json"
_CSV = "csv"
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
    help="Rows as JSON, JSON lines, or CSV with a header; - is standard input.",
)
@click.option(
    "--input-format",
    type=click.Choice([_JSON, _CSV]),
    help="How the rows are written; json means JSON lines, too.  "
    "[default: csv for FILE.csv, else json]",
)
@click.option("--rest/--grpc", "rest", default=True, help="The protocol.  [default: --rest]")
@click.option(
    "--server",
    metavar="HOST:PORT",
    help=f"The model server. Default: {_REST_SERVER} for REST, {_GRPC_SERVER} for gRPC.",
)
@click.option(
    "--version",
    type=int,
    metavar="N",
    help="The model's version.  [default: the newest that answers]",
)
@click.option("--label", help="The label of the version, instead of its number.")
@click.option(
    "--signature", default="serving_rows", show_default=True, help="The signature to call."
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="How many rows a request has.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="How the predictions are written.",
)
@click.option(
    "--timeout", default=30.0, show_default=True, help="Longest wait for a request, in seconds."
)
def predict(
    model: str,
    *,
    source: str,
    input_format: str | None,
    rest: bool,
    server: str | None,
    version: int | None,
    label: str | None,
    signature: str,
    batch: int,
    output_format: str,
    timeout: float,
) -> None:
    """Ask MODEL about the rows of a file; prints one prediction a line.

    A row that the server refuses is named, and leaves a line without predictions.
    """
    from serving.client import ServingError
    from serving.client.row_files import RowFormatError

    protocol: ProtocolName = "rest" if rest else "grpc"
    address = server or (_REST_SERVER if rest else _GRPC_SERVER)
    shown = "standard input" if source == _STDIN else source
    try:
        rows = _Rows(source, input_format)
        with _connect(address, model, protocol, timeout, version=version, label=label) as client:
            known = client.metadata().signature(signature)
            sent = rows.of(known)
            if not sent:
                raise UsageError(f"{shown} holds no rows")
            form = Csv(known.outputs) if output_format == "csv" else JsonLines()
            refused = _write(_answers(client, sent, signature, batch), form)
    except RowFormatError as error:
        raise UsageError(f"{shown}: {error.message}") from error
    except ServingError as error:
        raise _explain(error, model, address) from error
    if refused:
        raise TidemillError(f"{model} on {address}: {refusal(refused, len(sent))}")


class _Rows:
    """The rows of a file; those of CSV have to wait for the signature, which says their types."""

    def __init__(self, source: str, input_format: str | None) -> None:
        from serving.client.row_files import parse_json_rows

        self._text = _read_text(source)
        by_name = _CSV if source.lower().endswith(".csv") else _JSON
        self._is_csv = (input_format or by_name) == _CSV
        self._parsed = [] if self._is_csv else parse_json_rows(self._text)

    def of(self, signature: Signature) -> list[dict[str, Any]]:
        from serving.client.row_files import fill_missing, parse_csv_rows

        if self._is_csv:
            return parse_csv_rows(self._text, signature)
        return fill_missing(self._parsed, signature)


def _read_text(source: str) -> str:
    from serving.client.row_files import RowFormatError

    try:
        # The mark that some programs put in front of UTF-8 is not part of the first name.
        with click.open_file(source, encoding="utf-8-sig") as file:
            text: str = file.read()
    except UnicodeDecodeError as error:
        raise RowFormatError(f"not UTF-8 text: {error}") from error
    return text


def _connect(
    address: str,
    model: str,
    protocol: ProtocolName,
    timeout: float,
    *,
    version: int | None,
    label: str | None,
) -> Client:
    from serving.client import InvalidArgumentError, connect

    try:
        return connect(address, model, protocol, timeout, version=version, label=label)
    except InvalidArgumentError as error:
        raise UsageError(f"--server: {error.message}") from error
    except ValueError as error:
        raise UsageError(f"--version, --label: {error}") from error


def _answers(
    client: Client, rows: list[dict[str, Any]], signature: str, batch: int
) -> Iterator[RowAnswer]:
    """Yields the answers; shows how far it is on a terminal that shows nothing else."""
    from serving.client.batches import predict_in_batches

    hidden = len(rows) <= batch or sys.stdout.isatty() or not sys.stderr.isatty()
    answers = predict_in_batches(client, rows, signature, batch)
    with click.progressbar(answers, len(rows), file=sys.stderr, hidden=hidden) as bar:
        yield from bar


def _write(answers: Iterable[RowAnswer], form: Format) -> list[RowAnswer]:
    """Writes a line for each row; returns the answers to those that were refused."""
    refused = []
    click.echo(form.head(), nl=False)
    for answer in answers:
        click.echo(form.line(answer), nl=False)
        if answer.error is not None:
            refused.append(answer)
    return refused


def _explain(error: ServingError, model: str, address: str) -> TidemillError:
    from serving.client import UnavailableError

    message = one_line(error.message)
    if isinstance(error, UnavailableError):
        return TidemillError(f"{message} (`tidemill serve {model}` starts a server)")
    return TidemillError(f"{model} on {address}: {error.code.name}: {message}")
