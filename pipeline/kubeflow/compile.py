"""From a use case to the package that Kubeflow Pipelines takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError
from pipeline.kubeflow.code_identity import code_identity, files_beside, folder_in_image
from pipeline.kubeflow.compiled import PIPELINE_ROOT, SPAN, CompiledPipeline
from pipeline.kubeflow.needs import image_of, unknown_kinds
from pipeline.kubeflow.payload import TaskPayload, check_size
from pipeline.kubeflow.storage import check_storage
from pipeline.kubeflow.tasks import tasks_for
from pipeline.kubeflow.template import compile_template
from pipeline.node_ids import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.config.models import PipelineConfig
    from pipeline.kubeflow.storage import Storage
    from pipeline.kubeflow.template import Template
    from pipeline.use_case import UseCase

# What says how a run is started and not what it does: another value makes no other version.
_COPIED = {"image", "image_pull_secrets", "volumes", "env", "secret_env", "labels"}
_OF_SUBMITTING = {"endpoint", "namespace", "experiment", "service_account"}


def compile_for_kubeflow(use_case: UseCase, config: PipelineConfig) -> CompiledPipeline:
    """Compiles a use case's pipeline for Kubeflow.

    Raises:
        ConfigurationError: Something that a run on Kubeflow needs is missing or only local.
        TemplateError: TFX could not compile the pipeline.
    """
    image_of(config.kubeflow)  # before TFX is asked, which takes seconds
    storage = check_storage(config, use_case.folder)
    template = compile_template(use_case, config, storage)
    code = code_identity(use_case.folder, files_beside(use_case, config))
    return assemble(use_case, config, storage, template, code)


def assemble(
    use_case: UseCase,
    config: PipelineConfig,
    storage: Storage,
    template: Template,
    code: Mapping[str, str],
) -> CompiledPipeline:
    """Makes the package of a compiled pipeline.

    Args:
        use_case: The user's code.
        config: The resolved configuration.
        storage: Where runs write.
        template: What TFX made of it.
        code: Hashes of the code that the image must hold.

    Raises:
        ConfigurationError: A key of `kubeflow.resources` is unknown, or it is all too long.
    """
    from pipeline.kubeflow.package import package_of

    _check_kinds(config, {kind_of(node) for node in template.upstream})
    tasks = tasks_for(config.kubeflow, template.upstream)
    settings = config.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"kubeflow": _OF_SUBMITTING}
    )
    beside = files_beside(use_case, config)
    constants = {}
    for task in tasks:
        payload = TaskPayload(
            task.name,
            task.nodes,
            task.first,
            task.last,
            task.alone,
            folder_in_image(use_case.folder),
            beside,
            settings,
            code,
        )
        constants[task.name] = ["--task", payload.encode(), "--nodes", template.slices[task.name]]
    parameters = {PIPELINE_ROOT: storage.pipeline_root, SPAN: ""}
    check_size(constants, {**_in_every_task(config), "kubeflow.pipeline_root": parameters})
    return CompiledPipeline(
        name=config.name,
        text=package_of(config.name, tasks, constants, parameters, config.kubeflow),
        parameters=parameters,
        tasks={task.name: task.nodes for task in tasks},
    )


def _in_every_task(config: PipelineConfig) -> dict[str, object]:
    """Returns what of the configuration stands in every task as it is, by its key."""
    fields = config.kubeflow.model_dump(mode="json", include=_COPIED)
    return {f"kubeflow.{name}": value for name, value in fields.items()}


def _check_kinds(config: PipelineConfig, kinds: set[str]) -> None:
    unknown = unknown_kinds(config.kubeflow, kinds)
    if unknown:
        known = ", ".join(["default", "training", *sorted(kinds)])
        raise ConfigurationError(
            *(
                f"kubeflow.resources.{key}: no such kind of node; there are {known}"
                for key in unknown
            )
        )
