"""The section about running on Kubeflow Pipelines: images, storage, node pools, limits."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, field_validator, model_validator
from typing_extensions import Self

from pipeline.config.base import Section, ServerAddress, Text, is_uri
from pipeline.config.kubernetes_text import (
    Amount,
    ClaimName,
    Cpu,
    Image,
    LabelKey,
    LabelValue,
    MountPath,
    ObjectName,
    Plain,
    SecretKey,
    SubPath,
    Variable,
    VariableValue,
    check_plain,
    clean_path,
)

GPU_POOL = "gpu"

_ENDPOINT = re.compile(r"https?://[^/\s]+.*")


def is_endpoint(text: str) -> bool:
    """Says whether a text is the URL of an API, such as `http://localhost:8888`."""
    return _ENDPOINT.fullmatch(text) is not None


def check_pipeline_root(root: str) -> str:
    """Returns a pipeline root as runs on Kubeflow take it.

    Raises:
        ValueError: It is neither an absolute path nor a `gs://` URI, or would not arrive as it is.
    """
    check_plain(root)
    if root.startswith("/"):
        return clean_path(root)
    if root.startswith("gs://"):
        return root.rstrip("/")
    kind = root.partition("://")[0] + ":// URIs" if is_uri(root) else "relative paths"
    raise ValueError(
        f"cannot be one of {kind}; give a path on one of kubeflow.volumes, or a gs:// URI"
    )


class TolerationConfig(Section):
    """A taint that tasks of this pool tolerate."""

    key: LabelKey | None = Field(default=None, description="Key of the taint; null: every taint.")
    operator: Literal["Exists", "Equal"] = Field(
        default="Exists", description="`Equal` compares the value."
    )
    value: LabelValue | None = Field(default=None, description="Value of the taint, with `Equal`.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint; null: every effect."
    )

    @model_validator(mode="after")
    def _need_what_is_compared(self) -> Self:
        if self.operator == "Equal" and self.key is None:
            raise ValueError("operator: Equal needs the key of a taint")
        if self.operator == "Exists" and self.value is not None:
            raise ValueError(f"value: {self.value} is compared with operator: Equal only; add that")
        return self


class NodePoolConfig(Section):
    """A pool of nodes, and how a task gets there."""

    node_selector: dict[LabelKey, LabelValue] = Field(
        default={}, description="Labels that the node must have."
    )
    tolerations: Annotated[tuple[TolerationConfig, ...], Strict(strict=False)] = Field(
        default=(), description="Taints that the task tolerates, each with the keys below."
    )


class TaskResourcesConfig(Section):
    """What the pod of a task asks for, and where and how long it may run."""

    cpu: Cpu | None = Field(
        default=None, description="CPU cores, requested and limited, such as `2` or `500m`."
    )
    memory: Amount | None = Field(
        default=None, description="Memory, requested and limited, such as `4Gi`."
    )
    ephemeral_storage: Amount | None = Field(
        default=None,
        description="Disk of the node for what the task writes outside its volumes, requested and "
        "limited, such as `20Gi`; on tasks with a GPU a limit of `/tmp` only.",
    )
    gpus: int | None = Field(
        default=None, ge=0, description="Number of GPUs; not in `default`, which is for all."
    )
    gpu_type: LabelKey | None = Field(
        default=None, description="Resource name of the GPUs; null is `nvidia.com/gpu`."
    )
    node_pool: Text | None = Field(
        default=None,
        description="Name of one of `node_pools`; null is `gpu` for a task that asks for GPUs, if "
        "there is such a pool.",
    )
    timeout_minutes: int | None = Field(
        default=None,
        ge=1,
        description="Time for the task's pod, waiting for a node and for the image included; null "
        "is `timeout_minutes` of the whole section.",
    )


class VolumeConfig(Section):
    """A persistent volume claim that every task mounts."""

    claim: ClaimName = Field(description="Name of the claim, in the namespace of the runs.")
    mount_path: MountPath = Field(
        description="Absolute path, of each volume another. Paths of the configuration mean the "
        "same locally and in a pod."
    )
    sub_path: SubPath | None = Field(
        default=None, description="Folder inside the volume; null: the volume's root."
    )


class SecretKeyConfig(Section):
    """One key of a Secret."""

    secret: ObjectName = Field(description="Name of the Secret.")
    key: SecretKey = Field(description="Key inside it.")


class KubeflowConfig(Section):
    """Runs on Kubeflow Pipelines; a local run needs none of it."""

    endpoint: Text | None = Field(
        default=None,
        description="URL of the Kubeflow Pipelines API, such as `http://localhost:8888`. "
        "`--endpoint` and the variable `KF_PIPELINES_ENDPOINT` come before it.",
    )
    namespace: ObjectName = Field(
        default="kubeflow", description="Namespace in which runs are, and their pods."
    )
    experiment: Plain | None = Field(
        default=None, description="Experiment that collects the runs; null: the pipeline's name."
    )
    cron_timezone: Text = Field(
        default="UTC",
        description="Time zone in which this Kubeflow reads cron expressions: "
        "`cronScheduleTimezone` of its installation. `tidemill schedule --timezone` converts to "
        "it.",
    )
    image: Image | None = Field(
        default=None,
        description="Image of the tasks, with a fixed tag or a digest; needed to compile.",
    )
    gpu_image: Image | None = Field(
        default=None, description="Image of tasks that ask for a GPU; null: `image`."
    )
    image_pull_secrets: Annotated[tuple[ObjectName, ...], Strict(strict=False)] = Field(
        default=(), description="Names of Secrets with the registry's credentials."
    )
    pipeline_root: Annotated[Text, AfterValidator(check_pipeline_root)] | None = Field(
        default=None,
        description="Where nodes write: a path on one of the volumes, or a `gs://` URI; each "
        "pipeline has a folder of its name there. Needed to compile.",
    )
    model_store: Text | None = Field(
        default=None,
        description="Model store of runs on Kubeflow, a path on one of the volumes; null: "
        "`pusher.model_store`.",
    )
    metadata: ServerAddress = Field(
        default="metadata.tidemill:8080",
        description="`HOST:PORT` of the metadata service, as a pod reaches it.",
    )
    volumes: Annotated[tuple[VolumeConfig, ...], Strict(strict=False)] = Field(
        default=(), description="Volumes that every task mounts, each with the keys below."
    )
    node_pools: dict[Text, NodePoolConfig] = Field(
        default={}, description="Pools of nodes by name."
    )
    resources: dict[Text, TaskResourcesConfig] = Field(
        default={},
        description="By kind of node: `default` for all, `training` for Tuner and Trainer, or a "
        "node's own, such as `Evaluator`. The more exact entry wins, key by key.",
    )
    fuse: bool = Field(
        default=True,
        description="Whether neighbouring nodes with the same needs share a task, and thereby a "
        "pod; `false` gives each node a task of its own.",
    )
    timeout_minutes: int = Field(
        default=240,
        ge=1,
        description="Time for each task's pod. Kubeflow itself would wait for ever for an image "
        "that does not exist or a GPU that no node has.",
    )
    service_account: ObjectName | None = Field(
        default=None, description="Service account of the pods; null: that of Kubeflow."
    )
    env: dict[Variable, VariableValue] = Field(
        default={}, description="Environment variables of the pods."
    )
    secret_env: dict[Variable, SecretKeyConfig] = Field(
        default={}, description="Environment variables of the pods from Secrets."
    )
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the pods.")

    @field_validator("endpoint")
    @classmethod
    def _need_a_url(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not is_endpoint(endpoint):
            raise ValueError("must be a URL, such as http://localhost:8888")
        return endpoint

    @field_validator("image", "gpu_image")
    @classmethod
    def _need_a_fixed_version(cls, image: str | None) -> str | None:
        if image is None or "@" in image:
            return image
        tag = image.rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            raise ValueError(
                "needs a tag other than latest, or a digest: what a compiled pipeline runs must "
                "not change below it"
            )
        return image

    @field_validator("model_store")
    @classmethod
    def _need_an_absolute_path(cls, path: str | None) -> str | None:
        if path is not None and not path.startswith("/"):
            raise ValueError("must be an absolute path on one of kubeflow.volumes")
        return path and clean_path(path)

    @field_validator("volumes")
    @classmethod
    def _need_a_path_for_each(cls, volumes: tuple[VolumeConfig, ...]) -> tuple[VolumeConfig, ...]:
        paths = [volume.mount_path for volume in volumes]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice:
            raise ValueError(f"mounts two volumes at {twice}; give each a path of its own")
        return volumes

    @model_validator(mode="after")
    def _need_gpus_where_they_are_used(self) -> Self:
        everywhere = self.resources.get("default")
        if everywhere is not None and everywhere.gpus:
            raise ValueError(
                f"resources.default.gpus = {everywhere.gpus}: would give GPUs to every node, and "
                "only training uses them; put gpus into resources.training, or into a node's own "
                "entry"
            )
        return self

    @model_validator(mode="after")
    def _need_pools_that_exist(self) -> Self:
        for kind, resources in self.resources.items():
            pool = resources.node_pool
            if pool is not None and pool not in self.node_pools:
                known = ", ".join(self.node_pools) or "none"
                raise ValueError(
                    f"resources.{kind}.node_pool = {pool}: node_pools has no such pool; "
                    f"it has {known}"
                )
        return self
