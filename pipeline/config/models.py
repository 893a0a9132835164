"""The configuration of a pipeline: what `pipeline.yaml` may hold, one model for each section."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, Strict, field_validator, model_validator

from pipeline.config.base import PipelineName, Section, ServerAddress, Text, is_uri
from pipeline.config.data_sections import DataConfig, SchemaConfig, TransformConfig
from pipeline.config.kubeflow_section import KubeflowConfig
from pipeline.config.training_sections import TrainerConfig, TunerConfig
from pipeline.config.validation_sections import (
    BoundsConfig,
    EvaluatorConfig,
    InfraValidatorConfig,
    MetricConfig,
    ValueConfig,
)

__all__ = [
    "BoundsConfig",
    "DataConfig",
    "EvaluatorConfig",
    "InfraValidatorConfig",
    "KubeflowConfig",
    "MetricConfig",
    "PipelineConfig",
    "PusherConfig",
    "ResourcesConfig",
    "RetentionConfig",
    "SchemaConfig",
    "TrainerConfig",
    "TransformConfig",
    "TunerConfig",
    "ValueConfig",
]


class PusherConfig(Section):
    """Where validated models go."""

    model_store: Text | None = Field(
        default=None,
        description="Folder that receives `<name>/<version>/`, relative to the use case's "
        "folder; null is `models` in Tidemill's home. A file-system path: a bucket cannot "
        "rename a folder atomically.",
    )

    keep_versions: int | None = Field(
        default=None,
        ge=1,
        description="How many of the newest versions stay in the store; null: all. An older one "
        "goes only when every server of `servers` says that it has not loaded it. With fewer than "
        "2 there is soon nothing to roll back to.",
    )
    servers: Annotated[tuple[ServerAddress, ...], Strict(strict=False)] = Field(
        default=(),
        description="gRPC addresses, `HOST:PORT`, of all servers of this model. Pusher asks them "
        "which versions they have before it removes one; while one does not answer, or with none "
        "listed, all versions stay.",
    )
    push_older_span: bool = Field(
        default=False,
        description="Whether a model is pushed whose newest span is older than that of the version "
        "in force, as after `--span`. Otherwise the run says so and pushes nothing.",
    )

    @field_validator("model_store")
    @classmethod
    def _refuse_buckets(cls, model_store: str | None) -> str | None:
        if model_store is not None and is_uri(model_store):
            raise ValueError(
                "must be a file-system path: a model is published by an atomic rename, which "
                "buckets do not have; mount the storage and give its path"
            )
        return model_store


class RetentionConfig(Section):
    """How long what runs leave behind is kept."""

    keep_runs: int | None = Field(
        default=None,
        ge=1,
        description="How many runs of each outcome keep their outputs and logs: the newest that "
        "succeeded, that found nothing new, that were stopped by a gate, that failed; null: all. "
        "What a newer run uses through the cache stays, and so do pushed models. Older outputs go "
        "when a run starts, here and on Kubeflow, where those in a bucket stay; those of local "
        "runs also with `tidemill clean`.",
    )


class ResourcesConfig(Section):
    """What nodes that run side by side may use together."""

    cpus: int | None = Field(default=None, ge=1, description="CPU cores; null: all.")
    memory_gib: float | None = Field(
        default=None, gt=0, description="Memory in GiB; null: all of the machine's."
    )


class PipelineConfig(Section):
    """The whole configuration, resolved and valid."""

    name: PipelineName = Field(
        description="Name of the pipeline and of the served model; by default the name of the "
        "use case's folder."
    )
    data: DataConfig
    # `schema` is a method of pydantic's base class.
    schema_: SchemaConfig = Field(alias="schema")
    transform: TransformConfig
    tuner: TunerConfig
    trainer: TrainerConfig
    evaluator: EvaluatorConfig
    infra_validator: InfraValidatorConfig
    pusher: PusherConfig
    pipeline: RetentionConfig
    resources: ResourcesConfig
    kubeflow: KubeflowConfig

    @model_validator(mode="before")
    @classmethod
    def _add_missing_sections(cls, values: Any) -> Any:
        """Lets a missing section have its defaults, and its missing keys be named."""
        if not isinstance(values, dict):
            return values
        keys = [field.alias or name for name, field in cls.model_fields.items()]
        return {**{key: None for key in keys if key != "name"}, **values}
