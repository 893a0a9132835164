"""Options of the commands that talk to Kubeflow, and the connection that they ask for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.config.models import PipelineConfig
    from pipeline.kubeflow.client.connection import Connection

Command = TypeVar("Command", bound="Callable[..., Any]")


class Where(NamedTuple):
    """What a command line says of where Kubeflow is.

    Attributes:
        endpoint: Value of `--endpoint`, or None.
        namespace: Value of `--namespace`, or None.
        port_forward: Whether kubectl is to reach it.
    """

    endpoint: str | None
    namespace: str | None
    port_forward: bool

    def refuse_without(self, what: str) -> None:
        """Refuses the options of a command that does not go to Kubeflow this time.

        Args:
            what: What it takes to go there, such as `--kubeflow`.

        Raises:
            click.UsageError: One of them was given.
        """
        options = {
            "--endpoint": self.endpoint,
            "--namespace": self.namespace,
            "--port-forward": self.port_forward,
        }
        for option, value in options.items():
            if value:
                raise click.UsageError(f"{option} goes with {what}; add it, or leave {option} out")


def where_options(command: Command) -> Command:
    """Adds `--endpoint`, `--namespace` and `--port-forward` as `where: Where`."""
    from functools import wraps

    @wraps(command)
    def with_where(
        *args: Any, endpoint: str | None, namespace: str | None, port_forward: bool, **kwargs: Any
    ) -> Any:
        if endpoint and port_forward:
            raise click.UsageError("--endpoint and --port-forward exclude each other; choose one")
        return command(*args, where=Where(endpoint, namespace, port_forward), **kwargs)

    for option in (
        click.option(
            "--port-forward", is_flag=True, help="Reach Kubeflow through `kubectl port-forward`."
        ),
        click.option(
            "--namespace",
            metavar="NAME",
            help="Namespace of the runs. Default: kubeflow.namespace of the configuration.",
        ),
        click.option(
            "--endpoint",
            metavar="URL",
            help="Kubeflow's API. Default: KF_PIPELINES_ENDPOINT, else kubeflow.endpoint of the "
            "configuration, else the cluster that this pod is in.",
        ),
    ):
        with_where = option(with_where)
    return with_where  # type: ignore[return-value]


def experiment_option(command: Command) -> Command:
    """Adds `--experiment NAME` as `experiment: str | None`."""
    return click.option(
        "--experiment",
        metavar="NAME",
        help="Experiment that collects the runs. Default: kubeflow.experiment, else the pipeline's "
        "name.",
    )(command)


def param_option(command: Command) -> Command:
    """Adds `--param KEY=VALUE`, any number of times, as `given: tuple[str, ...]`."""
    return click.option(
        "--param",
        "given",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a parameter of the run: pipeline_root or span. May be repeated.",
    )(command)


@contextlib.contextmanager
def connection_to(config: KubeflowConfig, where: Where) -> Iterator[Connection]:
    """Connects to Kubeflow for as long as a command needs it.

    Raises:
        TidemillError: It is not known where Kubeflow is, or it does not answer.
    """
    from pipeline.kubeflow.client.connection import connect
    from pipeline.kubeflow.client.endpoint import SYSTEM_NAMESPACE, find_endpoint, make_endpoint
    from pipeline.kubeflow.client.port_forward import port_forward

    namespace = where.namespace or config.namespace
    if not where.port_forward:
        endpoint = find_endpoint(where.endpoint, os.environ, config.endpoint)
        yield connect(endpoint, namespace)
        return
    # An installation for many users has its runs elsewhere than itself.
    with port_forward(dict.fromkeys((namespace, SYSTEM_NAMESPACE))) as url:
        yield connect(make_endpoint(url, "--port-forward", os.environ), namespace)


def kubeflow_config() -> KubeflowConfig:
    """Returns the section of the use case in this folder; its defaults where there is none."""
    from pipeline.config.config_file import FILE_NAME
    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.config.loading import load_config

    here = Path()
    if (here / FILE_NAME).is_file():
        return load_config(here).kubeflow
    return KubeflowConfig()


def parameters(
    config: PipelineConfig, known: Mapping[str, str], given: tuple[str, ...], span: str | None
) -> dict[str, str]:
    """Returns every parameter of a run with its value.

    Args:
        config: The resolved configuration.
        known: The pipeline's parameters with their defaults.
        given: What `--param` says.
        span: What `--span` says, or None.

    Raises:
        UsageError: There is no such parameter.
        ConfigurationError: A pod cannot use the pipeline root or the span that is given.
    """
    from pipeline.config.spans import check_span
    from pipeline.errors import UsageError
    from pipeline.kubeflow.compiled import PIPELINE_ROOT, SPAN
    from pipeline.kubeflow.storage import check_root

    values = dict(known)
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--param {item}: give KEY=VALUE")
        if key not in known:
            raise UsageError(
                f"--param {item}: no parameter {key}; there are {', '.join(known)}; settings of "
                "the configuration are given with --set"
            )
        values[key] = check_root(config, value) if key == PIPELINE_ROOT else value
    if span is not None:
        values[SPAN] = span
    if values[SPAN]:
        check_span(config.data, values[SPAN])
    return values
