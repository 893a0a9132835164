"""The section about running on Kubeflow Pipelines: images, storage, node pools, limits."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, Strict, field_validator, model_validator
from typing_extensions import Self

from pipeline.config.base import Section, ServerAddress, Text, is_uri

GPU_POOL = "gpu"

_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|[kKMGTP]i?)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_ENDPOINT = re.compile(r"https?://[^/\s]+.*")
_OURS = ("PYTHONPATH", "HOME")


def _check_quantity(text: str) -> str:
    if not _QUANTITY.fullmatch(text):
        raise ValueError("must be a quantity as Kubernetes writes it, such as 500m, 2 or 4Gi")
    return text


def _check_label(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise ValueError("must be a key as Kubernetes writes it, such as team or example.com/team")
    return text


def _check_variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError("must be the name of an environment variable, such as HTTPS_PROXY")
    if name in _OURS:
        raise ValueError("is set by the image and must stay as it is")
    return name


def is_endpoint(text: str) -> bool:
    """Says whether a text is the URL of an API, such as `http://localhost:8888`."""
    return _ENDPOINT.fullmatch(text) is not None


def check_pipeline_root(root: str) -> str:
    """Returns a pipeline root as runs on Kubeflow take it.

    Raises:
        ValueError: It is neither an absolute path nor a `gs://` URI.
    """
    if root.startswith(("/", "gs://")):
        return root.rstrip("/")
    kind = root.partition("://")[0] + ":// URIs" if is_uri(root) else "relative paths"
    raise ValueError(
        f"cannot be one of {kind}; give a path on one of kubeflow.volumes, or a gs:// URI"
    )


Quantity = Annotated[Text, AfterValidator(_check_quantity)]
Label = Annotated[Text, AfterValidator(_check_label)]
Variable = Annotated[Text, AfterValidator(_check_variable)]


class TolerationConfig(Section):
    """A taint that tasks of this pool tolerate."""

    key: Text | None = Field(default=None, description="Key of the taint; null: every taint.")
    operator: Text = Field(
        default="Exists", description="`Exists`, or `Equal` to compare the value."
    )
    value: Text | None = Field(default=None, description="Value of the taint, with `Equal`.")
    effect: Text | None = Field(
        default=None, description="`NoSchedule`, `PreferNoSchedule`, `NoExecute`; null: all."
    )


class NodePoolConfig(Section):
    """A pool of nodes, and how a task gets there."""

    node_selector: dict[Label, str] = Field(
        default={}, description="Labels that the node must have."
    )
    tolerations: Annotated[tuple[TolerationConfig, ...], Strict(strict=False)] = Field(
        default=(), description="Taints that the task tolerates, each with the keys below."
    )


class TaskResourcesConfig(Section):
    """What the pod of a task asks for, and where and how long it may run."""

    cpu: Quantity | None = Field(
        default=None, description="CPU cores, requested and limited, such as `2` or `500m`."
    )
    memory: Quantity | None = Field(
        default=None, description="Memory, requested and limited, such as `4Gi`."
    )
    gpus: int | None = Field(
        default=None, ge=0, description="Number of GPUs; not in `default`, which is for all."
    )
    gpu_type: Label | None = Field(
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

    claim: Text = Field(description="Name of the claim, in the namespace of the runs.")
    mount_path: Text = Field(
        description="Absolute path. Paths of the configuration mean the same locally and in a pod."
    )
    sub_path: Text | None = Field(
        default=None, description="Folder inside the volume; null: the volume's root."
    )

    @field_validator("mount_path")
    @classmethod
    def _need_an_absolute_path(cls, path: str) -> str:
        if not path.startswith("/") or path == "/":
            raise ValueError("must be an absolute path below /, such as /tidemill")
        return path.rstrip("/")


class SecretKeyConfig(Section):
    """One key of a Secret."""

    secret: Text = Field(description="Name of the Secret.")
    key: Text = Field(description="Key inside it.")


class KubeflowConfig(Section):
    """Runs on Kubeflow Pipelines; a local run needs none of it."""

    endpoint: Text | None = Field(
        default=None,
        description="URL of the Kubeflow Pipelines API, such as `http://localhost:8888`. "
        "`--endpoint` and the variable `KF_PIPELINES_ENDPOINT` come before it.",
    )
    namespace: Text = Field(
        default="kubeflow", description="Namespace in which runs are, and their pods."
    )
    experiment: Text | None = Field(
        default=None, description="Experiment that collects the runs; null: the pipeline's name."
    )
    cron_timezone: Text = Field(
        default="UTC",
        description="Time zone in which this Kubeflow reads cron expressions: "
        "`cronScheduleTimezone` of its installation. `tidemill schedule --timezone` converts to "
        "it.",
    )
    image: Text | None = Field(
        default=None,
        description="Image of the tasks, with a fixed tag or a digest; needed to compile.",
    )
    gpu_image: Text | None = Field(
        default=None, description="Image of tasks that ask for a GPU; null: `image`."
    )
    image_pull_secrets: Annotated[tuple[Text, ...], Strict(strict=False)] = Field(
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
    service_account: Text | None = Field(
        default=None, description="Service account of the pods; null: that of Kubeflow."
    )
    env: dict[Variable, str] = Field(default={}, description="Environment variables of the pods.")
    secret_env: dict[Variable, SecretKeyConfig] = Field(
        default={}, description="Environment variables of the pods from Secrets."
    )
    labels: dict[Label, str] = Field(default={}, description="Labels of the pods.")

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
        return path

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
