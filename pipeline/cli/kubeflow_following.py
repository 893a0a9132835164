"""Following a run on Kubeflow from the command line, to the exit status of a local run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.interruption import sigterm_as_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.cli.display import Display
    from pipeline.kubeflow.client.connection import Connection


def follow_run(
    connection: Connection,
    run_id: str,
    pipeline: str,
    tasks: Mapping[str, tuple[str, ...]],
    display: Display,
    namespace: str,
) -> int:
    """Follows a run to its end; Ctrl-C leaves the run alone.

    Args:
        connection: To Kubeflow.
        run_id: Id of the run.
        pipeline: Name of its pipeline.
        tasks: Its tasks in order, each with the nodes that it runs.
        display: How it is shown.
        namespace: Namespace of its pods.

    Returns:
        The exit status that a local run would have had.
    """
    from pipeline.cli.kubeflow_display import show, tell
    from pipeline.kubeflow.client.pod_logs import PodLogs
    from pipeline.kubeflow.client.remote_run import RemoteRun
    from pipeline.kubeflow.client.waiting import Follower, follow
    from pipeline.run_summary import INTERRUPTED, exit_status

    def say(sentence: str) -> None:
        tell(display, sentence)

    remote = RemoteRun(connection, run_id, PodLogs(namespace))
    follower = Follower(remote, pipeline, tasks, say)
    try:
        with display, sigterm_as_ctrl_c():
            record = follow(follower, lambda its: show(display, its), say)
    except KeyboardInterrupt:
        click.echo(
            f"run {run_id} goes on; `tidemill follow {run_id}` follows it, `tidemill terminate "
            f"{run_id}` ends it",
            err=True,
        )
        return INTERRUPTED
    display.finish()
    return exit_status(record.outcome)
