"""What the pod of each node needs, from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.config.kubeflow_section import GPU_POOL
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.config.kubeflow_section import KubeflowConfig

DEFAULT = "default"
TRAINING = "training"
_TRAINING_KINDS = frozenset({"Tuner", "Trainer"})
_GPU_TYPE = "nvidia.com/gpu"


class Needs(NamedTuple):
    """What a pod asks for; nodes that ask for the same may share one.

    Attributes:
        image: Image of the container.
        cpu: CPU cores, as Kubernetes writes them, or None.
        memory: Memory, as Kubernetes writes it, or None.
        ephemeral_storage: Disk for what is written outside volumes, or None.
        gpus: Number of GPUs.
        gpu_type: Resource name of the GPUs.
        node_pool: Name of a configured node pool, or None.
        timeout_minutes: Time for the pod.
        training: Whether the node trains: such nodes share no pod with others.
    """

    image: str
    cpu: str | None
    memory: str | None
    ephemeral_storage: str | None
    gpus: int
    gpu_type: str
    node_pool: str | None
    timeout_minutes: int
    training: bool


def needs_of(kind: str, config: KubeflowConfig, image: str) -> Needs:
    """Returns what a kind of node needs.

    Args:
        kind: Kind of node, such as `Trainer`.
        config: The section about Kubeflow.
        image: The image of tasks without GPUs.
    """
    training = kind in _TRAINING_KINDS
    entries = [kind, *([TRAINING] if training else []), DEFAULT]
    gpus = _first("gpus", entries, config) or 0
    pool = _first("node_pool", entries, config)
    if pool is None and gpus and GPU_POOL in config.node_pools:
        pool = GPU_POOL
    return Needs(
        image=(config.gpu_image or image) if gpus else image,
        cpu=_first("cpu", entries, config),
        memory=_first("memory", entries, config),
        ephemeral_storage=_first("ephemeral_storage", entries, config),
        gpus=gpus,
        gpu_type=_first("gpu_type", entries, config) or _GPU_TYPE,
        node_pool=pool,
        timeout_minutes=_first("timeout_minutes", entries, config) or config.timeout_minutes,
        training=training,
    )


def image_of(config: KubeflowConfig) -> str:
    """Returns the image of tasks without GPUs.

    Raises:
        ConfigurationError: None is configured.
    """
    if config.image is None:
        raise ConfigurationError(
            "kubeflow.image is not set; give the image that holds Tidemill and the use case"
        )
    return config.image


def unknown_kinds(config: KubeflowConfig, kinds: set[str]) -> list[str]:
    """Returns the keys of `resources` that name neither a kind of node nor a group of them.

    Args:
        config: The section about Kubeflow.
        kinds: The kinds that the pipeline has.
    """
    return [key for key in config.resources if key not in {DEFAULT, TRAINING, *kinds}]


def _first(name: str, entries: list[str], config: KubeflowConfig) -> Any:
    given = (getattr(config.resources[e], name) for e in entries if e in config.resources)
    return next((value for value in given if value is not None), None)
