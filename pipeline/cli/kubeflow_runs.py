"""Commands about single runs on Kubeflow: `follow`, `terminate`, `retry`."""

from __future__ import annotations

import click

from pipeline.cli.kubeflow_options import Where, connection_to, kubeflow_config, where_options
from pipeline.cli.options import json_option, quiet_option

_run_argument = click.argument("run", metavar="RUN")


@click.command()
@_run_argument
@where_options
@quiet_option
@json_option
def follow(run: str, where: Where, *, quiet: bool, as_json: bool) -> int:
    """Follows a run on Kubeflow to its end.

    RUN is an id, the beginning of one, or latest. The exit status is that of a local run; Ctrl-C
    leaves the run alone.
    """
    from pipeline.cli.kubeflow_display import make_display
    from pipeline.cli.kubeflow_following import follow_run
    from pipeline.kubeflow.client.inspection import tasks_of_version
    from pipeline.kubeflow.client.runs import find_run, get_run

    display = make_display(quiet=quiet, as_json=as_json)
    config = kubeflow_config()
    with connection_to(config, where) as connection:
        its = get_run(connection, find_run(connection, run))
        version = tasks_of_version(connection, its.pipeline_id, its.version_id)
        namespace = where.namespace or config.namespace
        return follow_run(connection, its.run_id, version.name, version.tasks, display, namespace)


@click.command()
@_run_argument
@where_options
def terminate(run: str, where: Where) -> None:
    """Ends a run on Kubeflow: its pods are told to stop, and nothing more is started."""
    from pipeline.kubeflow.client.runs import find_run, get_run, terminate_run

    with connection_to(kubeflow_config(), where) as connection:
        its = get_run(connection, find_run(connection, run))
        if its.is_over:
            click.echo(f"run {its.run_id} has ended already: {its.state.lower()}")
            return
        terminate_run(connection, its.run_id)
    click.echo(f"run {its.run_id} is being terminated; `tidemill follow {its.run_id}` waits for it")


@click.command()
@_run_argument
@where_options
def retry(run: str, where: Where) -> None:
    """Runs the tasks of a run on Kubeflow again that failed, and what comes after them.

    What succeeded stays. For another configuration or other code, submit again: unchanged nodes are
    answered from the cache.
    """
    from pipeline.errors import UsageError
    from pipeline.kubeflow.client.runs import find_run, get_run, retry_run

    with connection_to(kubeflow_config(), where) as connection:
        its = get_run(connection, find_run(connection, run))
        if its.state not in ("FAILED", "CANCELED"):
            raise UsageError(
                f"run {its.run_id} has not failed ({its.state.lower()}): nothing to retry"
            )
        retry_run(connection, its.run_id)
    click.echo(f"run {its.run_id} goes on; `tidemill follow {its.run_id}` follows it")
