"""The section about the Pod in which a candidate is tried before it is pushed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict, field_validator

from components.infra_validator.cluster.settings import PodSettings
from pipeline.config.base import Section, Text
from pipeline.config.kubernetes_text import Quantity  # noqa: TC001 - pydantic reads it

_DEFAULTS = PodSettings()
_SET_BY_THE_NODE = ("port", "rest_api_port", "model_name", "model_base_path", "model_config_file")


class ServerPodConfig(Section):
    """The Pod of InfraValidator's model server.

    Its namespace, volume, node pool and registry credentials are those of the task's own Pod.
    """

    image: Text | None = Field(
        default=_DEFAULTS.image,
        description="Image of the model server, such as the TensorFlow Serving that serves in the "
        "cluster; null is the task's own image, which has the embedded server.",
    )
    command: Annotated[tuple[Text, ...], Strict(strict=False)] = Field(
        default=_DEFAULTS.command,
        description="What to start in `image`; empty: the image's entry point.",
    )
    flags: Annotated[tuple[Text, ...], Strict(strict=False)] = Field(
        default=_DEFAULTS.flags,
        description="More flags of the server, such as those of the Deployment that serves: "
        "`[--tensorflow_intra_op_parallelism=2]`.",
    )
    service_account: Text | None = Field(
        default=_DEFAULTS.service_account,
        description="Service account of the Pod, which gets no token of it; null: the namespace's "
        "`default`.",
    )
    cpu: Quantity = Field(default=_DEFAULTS.cpu, description="CPU cores, requested.")
    memory: Quantity = Field(default=_DEFAULTS.memory, description="Memory, requested and limited.")
    start_timeout_seconds: float = Field(
        default=_DEFAULTS.start_timeout_seconds,
        gt=0,
        description="Time that the Pod has to get a node, its volume and its image, and quota; "
        "then the node fails, without a verdict about the model.",
    )

    @field_validator("flags")
    @classmethod
    def _need_flags(cls, flags: tuple[str, ...]) -> tuple[str, ...]:
        for flag in flags:
            if not flag.startswith("--"):
                raise ValueError(f"has {flag}; write flags as --name=value")
            if flag[2:].partition("=")[0] in _SET_BY_THE_NODE:
                raise ValueError(f"has {flag}, which InfraValidator sets itself; remove it")
        return flags
