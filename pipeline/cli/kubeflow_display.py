"""What is seen of a run on Kubeflow while it goes on: the same as of a local one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from pipeline.cli.display import Display, JsonDisplay, LiveDisplay, PlainDisplay, QuietDisplay
from pipeline.places import RunFolder

if TYPE_CHECKING:
    from pipeline.runs import RunRecord

# A run on Kubeflow has no folder here; the displays below show nothing of it.
_NOWHERE = RunFolder(Path("kubeflow"))


def show(display: Display, record: RunRecord) -> None:
    """Shows a run on Kubeflow on one of this module's displays."""
    display.show(record, _NOWHERE)


class _OnKubeflow(Display):
    """What a display does otherwise when the run is on Kubeflow."""

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        """Says nothing: submitting did."""

    @override
    def log_of(self, node: str) -> str | None:
        run_id = self._record.run_id if self._record else "latest"
        return f"tidemill logs {run_id} {node}"


class KubeflowPlainDisplay(_OnKubeflow, PlainDisplay):
    """One line for each node that ended, and a summary."""


class KubeflowQuietDisplay(_OnKubeflow, QuietDisplay):
    """Only what went wrong, and the last line."""


class KubeflowLiveDisplay(_OnKubeflow, LiveDisplay):
    """A table that follows the run, on a terminal."""


class KubeflowJsonDisplay(_OnKubeflow, JsonDisplay):
    """One JSON object a line for each change of a node, and the whole record at the end."""


def make_display(*, quiet: bool, as_json: bool) -> Display:
    """Chooses how a run is shown.

    Raises:
        UsageError: Quiet and JSON were both asked for.
    """
    if quiet and as_json:
        raise click.UsageError("--quiet and --json exclude each other; choose one")
    if as_json:
        return KubeflowJsonDisplay()
    if quiet:
        return KubeflowQuietDisplay()
    return KubeflowLiveDisplay() if sys.stdout.isatty() else KubeflowPlainDisplay()


def tell(display: Display, sentence: str) -> None:
    """Shows a sentence about a run that goes on, above a table that is there."""
    if isinstance(display, JsonDisplay):
        click.echo(json.dumps({"event": "note", "text": sentence}))
    else:
        display.console.print(sentence, markup=False)
