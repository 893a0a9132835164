"""`tidemill compile`: writes a use case's pipeline as the package that Kubeflow takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import set_option, use_case_argument

if TYPE_CHECKING:
    from pipeline.config.models import PipelineConfig
    from pipeline.kubeflow.compiled import CompiledPipeline

_STANDARD_OUTPUT = "-"


@click.command("compile")
@use_case_argument
@set_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to write it; - is standard output. Default: NAME-kubeflow.yaml in this folder.",
)
def compile_command(use_case: Path, overrides: tuple[str, ...], output: str | None) -> None:
    """Compiles the pipeline of USE_CASE for Kubeflow Pipelines.

    The file can be uploaded by hand or kept with the code: the same input gives the same bytes.
    `tidemill submit` compiles by itself.
    """
    _, compiled = load_and_compile(use_case, overrides)
    if output == _STANDARD_OUTPUT:
        click.echo(compiled.text, nl=False)
        return
    path = Path(output or f"{compiled.name}-kubeflow.yaml")
    _refuse_the_configuration(path, use_case)
    _write(path, compiled.text)
    for task, nodes in compiled.tasks.items():
        click.echo(f"{task}: {', '.join(nodes)}")
    click.echo(f"wrote {path}: {compiled.name}, {_count(compiled)}, sha256 {compiled.digest}")


def load_and_compile(
    use_case: Path, overrides: tuple[str, ...]
) -> tuple[PipelineConfig, CompiledPipeline]:
    """Loads a use case and compiles it for Kubeflow.

    Raises:
        ConfigurationError: Something is wrong with it, or only local.
    """
    from pipeline.config.loading import load_config
    from pipeline.kubeflow.compile import compile_for_kubeflow
    from pipeline.use_case import UseCase, check_functions

    case = UseCase.open(use_case)
    config = load_config(case.folder, overrides)
    check_functions(case, config)
    return config, compile_for_kubeflow(case, config)


def _refuse_the_configuration(path: Path, use_case: Path) -> None:
    from pipeline.config.config_file import FILE_NAME
    from pipeline.errors import UsageError

    if path.resolve() == (use_case / FILE_NAME).resolve():
        raise UsageError(f"{path} is the use case's configuration; give another file with -o")


def _write(path: Path, text: str) -> None:
    from pipeline.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}; give another file with -o"
        ) from error


def _count(compiled: CompiledPipeline) -> str:
    count = len(compiled.tasks)
    return f"{count} {'task' if count == 1 else 'tasks'}"
