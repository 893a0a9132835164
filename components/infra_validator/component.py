"""InfraValidator's interface: what it takes, what it gives, how it is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tfx.dsl.components.base import base_component
from tfx.types import standard_artifacts
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.executor_specs import ExecutorAt
from components.infra_validator.cluster.settings import PodSettings

if TYPE_CHECKING:
    from tfx.types.channel import BaseChannel

BACKENDS = ("process", "kubernetes")


class InfraValidatorSpec(ComponentSpec):
    """Types of InfraValidator's inputs, outputs and parameters."""

    PARAMETERS: ClassVar = {
        "model_name": ExecutionParameter(type=str),
        "num_examples": ExecutionParameter(type=int),
        "max_latency_ms": ExecutionParameter(type=float),
        "load_timeout_seconds": ExecutionParameter(type=float),
        "label": ExecutionParameter(type=str),
        "backend": ExecutionParameter(type=str),
        "server_pod": ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS: ClassVar = {"blessing": ChannelParameter(type=standard_artifacts.InfraBlessing)}


class InfraValidator(base_component.BaseComponent):
    """Gate: a model server loads the model and answers real examples over REST and gRPC.

    Output `blessing` follows TFX's own InfraValidator: custom property `blessed` (1 or 0) and a
    file `INFRA_BLESSED` or `INFRA_NOT_BLESSED`. Its folder also holds the verdict
    (`components.gates`) and what the server wrote, `server.log`.
    """

    SPEC_CLASS = InfraValidatorSpec
    EXECUTOR_SPEC = ExecutorAt("components.infra_validator.executor.Executor")

    def __init__(
        self,
        model: BaseChannel,
        examples: BaseChannel,
        schema: BaseChannel,
        *,
        model_name: str,
        num_examples: int = 16,
        max_latency_ms: float = 1000,
        load_timeout_seconds: float = 60,
        label: str | None = None,
        backend: str = "process",
        server_pod: PodSettings | None = None,
    ) -> None:
        """Builds the node.

        Args:
            model: The model that Trainer exported.
            examples: Raw examples with a split `eval`.
            schema: Schema of the raw examples.
            model_name: The name under which the model will be served.
            num_examples: How many examples to send.
            max_latency_ms: Bound of the median time of a request with one example.
            load_timeout_seconds: How long the server may take until it serves the model.
            label: Raw label, which no client sends; None if the data has none.
            backend: Where the server runs: one of `BACKENDS`.
            server_pod: The Pod of the backend `kubernetes`; None means its defaults.

        Raises:
            ValueError: There is no such backend.
        """
        if backend not in BACKENDS:
            raise ValueError(
                f"InfraValidator has no backend {backend!r}; choose from {', '.join(BACKENDS)}"
            )
        super().__init__(
            spec=InfraValidatorSpec(
                model=model,
                examples=examples,
                schema=schema,
                model_name=model_name,
                num_examples=num_examples,
                max_latency_ms=float(max_latency_ms),
                load_timeout_seconds=float(load_timeout_seconds),
                label=label or "",
                backend=backend,
                server_pod=_pod_text(backend, server_pod),
                blessing=Channel(type=standard_artifacts.InfraBlessing),
            )
        )


def _pod_text(backend: str, server_pod: PodSettings | None) -> str:
    """Returns the settings as a parameter; a backend without a Pod has none to tell apart."""
    return (server_pod or PodSettings()).to_text() if backend == "kubernetes" else ""
