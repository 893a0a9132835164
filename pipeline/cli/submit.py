"""`tidemill submit`: runs a use case's pipeline on Kubeflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pipeline.cli.kubeflow_options import (
    connection_to,
    experiment_option,
    param_option,
    parameters,
    where_options,
)
from pipeline.cli.options import (
    json_option,
    quiet_option,
    set_option,
    span_option,
    use_case_argument,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.cli.kubeflow_options import Where
    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.upload import Version
    from pipeline.kubeflow.compiled import CompiledPipeline


@click.command()
@use_case_argument
@set_option
@span_option
@param_option
@experiment_option
@click.option("--wait", is_flag=True, help="Follow the run to its end.")
@where_options
@quiet_option
@json_option
def submit(
    use_case: Path,
    overrides: tuple[str, ...],
    span: str | None,
    given: tuple[str, ...],
    experiment: str | None,
    where: Where,
    *,
    wait: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Runs the pipeline of USE_CASE on Kubeflow Pipelines.

    Uploads it first, unless Kubeflow has the same already. With --wait, shows the progress of each
    node and has the exit status that a local run would have; Ctrl-C leaves the run alone.

    Exit status: 0 done, 1 a node failed, 2 wrong usage or configuration, 3 a gate stopped the run,
    130 interrupted or terminated.
    """
    from pipeline.cli.compile import load_and_compile
    from pipeline.cli.kubeflow_display import make_display
    from pipeline.cli.kubeflow_following import follow_run

    display = make_display(quiet=quiet, as_json=as_json)
    config, compiled = load_and_compile(use_case, overrides)
    values = parameters(config, compiled.parameters, given, span)
    with connection_to(config.kubeflow, where) as connection:
        version, run_id = _start(connection, compiled, config.kubeflow, experiment, values)
        _tell(connection, compiled, version, run_id, quiet=quiet and wait, as_json=as_json)
        if wait:
            namespace = where.namespace or config.kubeflow.namespace
            return follow_run(connection, run_id, compiled.name, compiled.tasks, display, namespace)
    if not (quiet or as_json):
        click.echo(f"`tidemill follow {run_id}` follows it")
    return 0


def _start(
    connection: Connection,
    compiled: CompiledPipeline,
    config: KubeflowConfig,
    experiment: str | None,
    values: dict[str, str],
) -> tuple[Version, str]:
    from pipeline.kubeflow.client.experiments import experiment_id
    from pipeline.kubeflow.client.runs import create_run, run_name
    from pipeline.kubeflow.client.upload import upload

    version = upload(connection, compiled)
    place = experiment_id(connection, experiment or config.experiment or compiled.name)
    name = run_name(compiled.name)
    run_id = create_run(connection, version, name, place, values, config.service_account)
    return version, run_id


def _tell(
    connection: Connection,
    compiled: CompiledPipeline,
    version: Version,
    run_id: str,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    url = connection.run_url(run_id)
    if as_json:
        fields = {
            "event": "submitted",
            "pipeline": compiled.name,
            "run_id": run_id,
            "url": url,
            "pipeline_id": version.pipeline_id,
            "version_id": version.version_id,
            "version": version.name,
            "new_version": version.new,
        }
        click.echo(json.dumps(fields))
    elif not quiet:
        state = "uploaded" if version.new else "is on Kubeflow already"
        click.echo(f"{compiled.name}: version {version.name} {state}")
        click.echo(f"{compiled.name}: run {run_id} started, {url}")
