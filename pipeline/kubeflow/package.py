"""Writes a pipeline's tasks as the package that Kubeflow Pipelines takes, with its own SDK."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfp import compiler, dsl, kubernetes

from pipeline.config.kubernetes_text import bytes_of
from pipeline.kubeflow.compiled import PIPELINE_ROOT, SPAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.kubeflow.needs import Needs
    from pipeline.kubeflow.tasks import Task

COMMAND = ("python", "-m", "pipeline.kubeflow.entrypoint")
_PULL_POLICY = "IfNotPresent"  # tags are fixed; Kubeflow would leave it to the kubelet's guess
_SECONDS = 60


def package_of(
    name: str,
    tasks: Sequence[Task],
    constants: Mapping[str, Sequence[str]],
    parameters: Mapping[str, str],
    config: KubeflowConfig,
) -> str:
    """Returns the package, YAML; the same input gives the same text.

    Args:
        name: Name of the pipeline.
        tasks: Its tasks, in topological order.
        constants: The arguments of each task that are the same in every run.
        parameters: The parameters of a run with their defaults.
        config: The section about Kubeflow.
    """

    # The SDK reads the parameters of a pipeline from a function's signature.
    def pipeline(
        pipeline_root: str = parameters[PIPELINE_ROOT], span: str = parameters[SPAN]
    ) -> None:
        made: dict[str, dsl.PipelineTask] = {}
        for task in tasks:
            component = _component(task, constants[task.name])
            made[task.name] = component(
                run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, pipeline_root=pipeline_root, span=span
            )
            made[task.name].set_display_name(task.title)
            # TFX's cache in ML Metadata decides; Kubeflow's would not see new data.
            made[task.name].set_caching_options(False)
            made[task.name].after(*(made[other] for other in task.after))
            _place(made[task.name], task, config)

    pipeline.__annotations__ = {"pipeline_root": str, "span": str}
    compiled = dsl.pipeline(name=name)(pipeline)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(compiled, str(file))
        return file.read_text(encoding="utf-8")


def _component(task: Task, constants: Sequence[str]) -> Any:
    def run(run_id: str, pipeline_root: str, span: str, report: Any, metrics: Any) -> Any:
        del metrics  # its metadata are written into the executor's output file
        return dsl.ContainerSpec(
            image=task.needs.image,
            command=list(COMMAND),
            args=[
                *constants,
                *("--run-id", run_id),
                *("--pipeline-root", pipeline_root),
                *("--span", span),
                *("--report", report.path),
                *("--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER),
            ],
        )

    run.__name__ = task.name.replace("-", "_")
    run.__doc__ = f"{', '.join(task.nodes)}."
    run.__annotations__ = {
        "run_id": str,
        "pipeline_root": str,
        "span": str,
        "report": dsl.Output[dsl.HTML],
        "metrics": dsl.Output[dsl.Metrics],
        "return": dsl.ContainerSpec,
    }
    return dsl.container_component(run)


def _place(made: dsl.PipelineTask, task: Task, config: KubeflowConfig) -> None:
    """Says where and how a task's pod runs."""
    needs = task.needs
    _ask_for(made, needs)
    if needs.node_pool:
        _send_to_pool(made, needs.node_pool, config)
    kubernetes.set_timeout(made, needs.timeout_minutes * _SECONDS)
    kubernetes.set_image_pull_policy(made, _PULL_POLICY)
    if config.image_pull_secrets:
        kubernetes.set_image_pull_secrets(made, list(config.image_pull_secrets))
    for volume in config.volumes:
        kubernetes.mount_pvc(
            made, volume.claim, volume.mount_path, *([volume.sub_path] if volume.sub_path else [])
        )
    for key, value in config.labels.items():
        kubernetes.add_pod_label(made, key, value)
    for variable, value in config.env.items():
        made.set_env_variable(variable, value)
    for variable, source in config.secret_env.items():
        kubernetes.use_secret_as_env(made, source.secret, {source.key: variable})


def _ask_for(made: dsl.PipelineTask, needs: Needs) -> None:
    """Says what a task's pod needs of its node."""
    if needs.cpu:
        made.set_cpu_request(needs.cpu).set_cpu_limit(needs.cpu)
    if needs.memory:
        made.set_memory_request(needs.memory).set_memory_limit(needs.memory)
    if needs.gpus:
        made.set_accelerator_type(needs.gpu_type).set_accelerator_limit(needs.gpus)
    if needs.ephemeral_storage:
        _limit_disk(made, needs.ephemeral_storage, has_gpus=needs.gpus > 0)


def _limit_disk(made: dsl.PipelineTask, amount: str, *, has_gpus: bool) -> None:
    """Reserves and limits the disk of the node that a task may use.

    The SDK knows no such resource, but Kubeflow's driver makes a limit of whatever stands as the
    one accelerator, and Kubernetes requests what is limited. Beside GPUs that place is taken.
    """
    if has_gpus:
        kubernetes.empty_dir_mount(made, "scratch", "/tmp", size_limit=amount)  # noqa: S108  a pod's
    else:
        made.set_accelerator_type("ephemeral-storage").set_accelerator_limit(bytes_of(amount))


def _send_to_pool(made: dsl.PipelineTask, name: str, config: KubeflowConfig) -> None:
    pool = config.node_pools[name]
    for key, value in pool.node_selector.items():
        kubernetes.add_node_selector(made, key, value)
    for toleration in pool.tolerations:
        kubernetes.add_toleration(
            made,
            key=toleration.key,
            operator=toleration.operator,
            value=toleration.value,
            effect=toleration.effect,
        )
