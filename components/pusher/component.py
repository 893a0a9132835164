"""Pusher's interface: what it takes, what it gives, how it is configured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from tfx.dsl.components.base import base_component
from tfx.types import standard_artifacts
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.system_executions import Deploy

from components.executor_specs import ExecutorAt
from components.pusher.store import checked_model_name, checked_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfx.types.channel import BaseChannel


class PusherSpec(ComponentSpec):
    """Types of Pusher's inputs, outputs and parameters."""

    PARAMETERS: ClassVar = {
        "model_store": ExecutionParameter(type=str),
        "model_name": ExecutionParameter(type=str),
        "keep_versions": ExecutionParameter(type=int, optional=True),
        "servers": ExecutionParameter(type=str, optional=True),
        "push_older_span": ExecutionParameter(type=int, optional=True),
        "spans_are_dates": ExecutionParameter(type=int, optional=True),
    }
    INPUTS: ClassVar = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "infra_blessing": ChannelParameter(type=standard_artifacts.InfraBlessing, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
        "earlier_pushes": ChannelParameter(type=standard_artifacts.PushedModel, optional=True),
        "latest_model": ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS: ClassVar = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}
    TYPE_ANNOTATION = Deploy


class Pusher(base_component.BaseComponent):
    """Puts a model into the model store as its newest version, if its gates blessed it.

    It must not be answered from the cache, which does not see the model store: what is there
    already is not pushed again, and what was lost is.

    Output `pushed_model` has the custom properties of TFX's own Pusher, `pushed` (1 or 0) and, when
    pushed, `pushed_destination` and `pushed_version`, and others of
    `components.artifact_properties`. Its folder holds `push.json` (`components.pusher.outcome`);
    the model itself is in the store, not copied a second time.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = ExecutorAt("components.pusher.executor.Executor")

    def __init__(
        self,
        model: BaseChannel,
        model_blessing: BaseChannel,
        *,
        model_store: str,
        model_name: str,
        infra_blessing: BaseChannel | None = None,
        examples: BaseChannel | None = None,
        evaluation: BaseChannel | None = None,
        earlier_pushes: BaseChannel | None = None,
        latest_model: BaseChannel | None = None,
        keep_versions: int | None = None,
        servers: Sequence[str] = (),
        push_older_span: bool = False,
        spans_are_dates: bool = False,
    ) -> None:
        """Builds the node.

        Args:
            model: The model that Trainer exported.
            model_blessing: Evaluator's answer.
            model_store: Folder of all models, an absolute path.
            model_name: Folder of this model in the store.
            infra_blessing: InfraValidator's answer; None where the pipeline has no InfraValidator.
            examples: What the model was trained on, for the origin file.
            evaluation: Evaluator's metrics, for the origin file.
            earlier_pushes: Pushes of this model, and the latest push of all; empty where this model
                is new. What the store has lost of them comes back.
            latest_model: The model of that latest push, where it is another one; may be empty.
            keep_versions: How many of the newest versions stay in the store; None keeps all.
            servers: Host and gRPC port of the servers of the model: what they have stays too.
            push_older_span: Whether to push a model whose newest span is older than that of the
                version in force.
            spans_are_dates: Whether spans are dates, and so to be shown.

        Raises:
            StoreRefusedError: The store is not a folder with atomic rename.
            ValueError: The name cannot be a folder's.
        """
        optional = {
            "infra_blessing": infra_blessing,
            "examples": examples,
            "evaluation": evaluation,
            "earlier_pushes": earlier_pushes,
            "latest_model": latest_model,
        }
        super().__init__(
            spec=PusherSpec(
                model=model,
                model_blessing=model_blessing,
                model_store=str(checked_store(model_store)),
                model_name=checked_model_name(model_name),
                keep_versions=keep_versions,
                servers=json.dumps(list(servers)),
                push_older_span=int(push_older_span) or None,
                spans_are_dates=int(spans_are_dates) or None,
                pushed_model=Channel(type=standard_artifacts.PushedModel),
                **{name: channel for name, channel in optional.items() if channel is not None},
            )
        )
