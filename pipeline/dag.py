"""The pipeline: one function that builds it in TFX's own DSL, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tfx.orchestration import pipeline as tfx_pipeline

from components.transform.component import Transform
from pipeline.data_nodes import data_nodes
from pipeline.publishing_nodes import publishing_nodes
from pipeline.training_nodes import training_nodes

if TYPE_CHECKING:
    from components.example_gen.spans import Span
    from pipeline.config.models import PipelineConfig
    from pipeline.use_case import UseCase

# DirectRunner first tries to download Prism; and with any container image named, TFX does not
# build a source distribution of itself for every Beam node.
BEAM_PIPELINE_ARGS = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--sdk_container_image=unused",
)


class Locations(NamedTuple):
    """Where the pipeline reads and writes, decided by whoever runs it.

    Attributes:
        data: Folder, file or glob of the input, where it does not come in spans.
        artifacts: TFX's pipeline root, a path or gs:// URI.
        model_store: Folder that receives `<name>/<version>/`.
        curated_schema: Text of the curated schema, or None to infer one.
        spans: The window of spans, oldest first; empty where the data does not come in spans.
    """

    data: str
    artifacts: str
    model_store: str
    curated_schema: str | None
    spans: tuple[Span, ...] = ()


def create_pipeline(
    config: PipelineConfig, use_case: UseCase, locations: Locations
) -> tfx_pipeline.Pipeline:
    """Returns the whole DAG: eleven nodes, more or fewer as the configuration asks."""
    data = data_nodes(config, locations)
    transform = Transform(
        data.window,
        data.schema,
        use_case.dotted(config.transform.preprocessing_fn),
        statistics=config.transform.statistics,
    )
    training = training_nodes(
        config,
        use_case,
        transform.outputs["transformed_examples"],
        transform.outputs["transform_graph"],
        data.schema,
    )
    # The data gate: nothing is trained on data that was refused. Transform may run beside it.
    for node in training.present:
        node.add_upstream_nodes(data.example_validators)
    model = training.trainer.outputs["model"]
    publishing = publishing_nodes(config, model, data, locations.model_store)
    return tfx_pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=locations.artifacts,
        components=[*data.present, transform, *training.present, *publishing.present],
        enable_cache=True,
        beam_pipeline_args=list(BEAM_PIPELINE_ARGS),
    )
