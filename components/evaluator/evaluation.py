"""Has TFMA measure models on the eval split, in a Beam pipeline or in this process."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.extractors.slice_key_extractor import SLICE_KEY_EXTRACTOR_STAGE_NAME
from tfx.components.util import tfxio_utils
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx_bsl.tfxio import dataset_options, tensor_adapter

from components.evaluator import combining

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tfx import types

    Extraction = Callable[[dict[str, Any]], dict[str, Any]]

SPLIT = "eval"
# The jackknife deals examples into groups by chance: the same chance in every run.
_SEED = 0
_TRANSFORMED = "transformed_features"
_SLICED_THRESHOLDS = ("per_slice_thresholds", "cross_slice_thresholds")
_TELEMETRY = ["Evaluator"]
# Examples that a model is asked about at a time; a batch and its predictions are in memory at once.
_BATCH_SIZE = 1024


@dataclass(frozen=True)
class Data:
    """What models are measured on.

    Attributes:
        examples: The Examples artifacts.
        schema: TFMD's schema of the raw features.
    """

    examples: list[types.Artifact]
    schema: Any


def measure(
    pipeline: beam.Pipeline,
    config: tfma.EvalConfig,
    models: Mapping[str, str],
    data: Data,
    evaluation_uri: str,
) -> None:
    """Adds the evaluation to a pipeline. TFMA's own validation is left out: the gate decides.

    Args:
        pipeline: The Beam pipeline.
        config: TFMA's configuration, with a spec for exactly these models.
        models: Folder of each SavedModel, by the name that the configuration gives it.
        data: What to measure on.
        evaluation_uri: Folder that receives TFMA's metrics, plots and configuration.
    """
    written = _writers(config, models, evaluation_uri)
    config = without_thresholds(config)
    shared = [
        tfma.default_eval_shared_model(
            eval_saved_model_path=path, model_name=name, eval_config=config
        )
        for name, path in models.items()
    ]
    sources = _sources(data)
    batches = [
        pipeline | f"Read[{index}]" >> source.BeamSource() for index, source in enumerate(sources)
    ]
    adapter = tensor_adapter.TensorAdapterConfig(
        arrow_schema=sources[-1].ArrowSchema(),
        tensor_representations=sources[-1].TensorRepresentations(),
    )
    model = shared[0] if len(shared) == 1 else shared
    _ = (
        batches
        | "Flatten" >> beam.Flatten()
        | "Evaluate"
        >> tfma.ExtractEvaluateAndWriteResults(
            eval_shared_model=model,
            eval_config=config,
            extractors=_extractors(config, model, adapter, _without_raw_names(data)),
            writers=written,
            output_path=evaluation_uri,
            random_seed_for_testing=_SEED,
            tensor_adapter_config=adapter,
        )
    )


def can_measure_here(config: tfma.EvalConfig) -> bool:
    """Whether `measure_here` does all that a configuration asks for."""
    return combining.can_measure(without_thresholds(config))


def measure_here(
    config: tfma.EvalConfig, models: Mapping[str, str], data: Data, evaluation_uri: str
) -> None:
    """Evaluates in this process, with the results of `measure`; arguments as there."""
    sources = _sources(data)
    options = dataset_options.RecordBatchesOptions(_BATCH_SIZE, num_epochs=1)
    measured = combining.measure(
        without_thresholds(config),
        models,
        itertools.chain.from_iterable(source.RecordBatches(options) for source in sources),
        sources[-1].TensorRepresentations(),
        _without_raw_names(data),
    )
    combining.write(config, models, measured, evaluation_uri)


def without_thresholds(config: tfma.EvalConfig) -> tfma.EvalConfig:
    """Returns a configuration that only measures: TFMA's own validation can raise."""
    measuring = tfma.EvalConfig()
    measuring.CopyFrom(config)
    for spec in measuring.metrics_specs:
        for owner in (spec, *spec.metrics):
            for name in ("threshold", "thresholds", *_SLICED_THRESHOLDS):
                if name in owner.DESCRIPTOR.fields_by_name:
                    owner.ClearField(name)
    return measuring


def _extractors(
    config: tfma.EvalConfig, model: Any, adapter: Any, without_raw_names: Extraction
) -> list[Any]:
    """Returns TFMA's own extractors, but slices by raw values, which people know, not by ids."""
    extractors = tfma.default_extractors(
        eval_shared_model=model, eval_config=config, tensor_adapter_config=adapter
    )
    stages = [extractor.stage_name for extractor in extractors]
    prefer_raw = tfma.extractors.Extractor("PreferRawFeatures", beam.Map(without_raw_names))
    extractors.insert(stages.index(SLICE_KEY_EXTRACTOR_STAGE_NAME), prefer_raw)
    return list(extractors)


def _without_raw_names(data: Data) -> Extraction:
    """Returns what leaves transformed features with a raw one's name out of an example's extracts.

    TFMA takes a slice's value from the transformed features where these have it: a number in a
    vocabulary instead of the word. The schema names the raw ones, because a batch of examples has
    no column of a feature that all of them lack.
    """
    raw = {feature.name for feature in data.schema.feature}

    def keep(features: dict[str, Any]) -> dict[str, Any]:
        # By model where there are two of them.
        return {
            name: keep(value) if isinstance(value, dict) else value
            for name, value in features.items()
            if name not in raw
        }

    return lambda extracts: {**extracts, _TRANSFORMED: keep(extracts.get(_TRANSFORMED) or {})}


def _sources(data: Data) -> list[Any]:
    factory = tfxio_utils.get_tfxio_factory_from_artifact(
        examples=data.examples,
        telemetry_descriptors=_TELEMETRY,
        schema=data.schema,
        raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
    )
    uris = artifact_utils.get_split_uris(data.examples, SPLIT)
    return [factory(io_utils.all_files_pattern(uri)) for uri in uris]


def _writers(config: tfma.EvalConfig, models: Mapping[str, str], uri: str) -> list[Any]:
    kinds = (tfma.METRICS_KEY, tfma.PLOTS_KEY)
    return [
        tfma.writers.EvalConfigWriter(uri, eval_config=config, model_locations=dict(models)),
        tfma.writers.MetricsPlotsAndValidationsWriter(
            output_paths={kind: f"{uri}/{kind}" for kind in kinds},
            eval_config=config,
            output_file_format="tfrecord",
        ),
    ]
