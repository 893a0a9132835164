"""Measures models in this process: TFMA's own steps one after the other, without a Beam pipeline.

On data that one machine reads in seconds, Beam costs more than the measuring: it makes a graph of
some 500 transforms and takes every example through its coders, step by step. Here the same
functions of TFMA are called on one batch of examples after the other; only what TFMA keeps inside
of Beam's graph (which step follows, differences to the baseline, small slices) is written out
again. What this module does not know for sure to be the same is left to Beam: see `can_measure`.

Source: TFMA 0.52: `default_extractors` in api/model_eval_lib.py and `_ComputeMetricsAndPlots` in
evaluators/metrics_plots_and_validations_evaluator.py. Names of TFMA that begin with an underscore
are used nowhere else.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as tfma_evaluator,
)
from tensorflow_model_analysis.extractors import features_extractor, slice_key_extractor
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import model_util
from tensorflow_model_analysis.utils import util as tfma_util
from tensorflow_model_analysis.writers import (
    eval_config_writer,
    metrics_plots_and_validations_writer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

Extracts = dict[str, Any]
Metrics = dict[Any, Any]

# All that a configuration may say, message by message; what else it says, Beam has to do.
_UNDERSTOOD = {
    "EvalConfig": {"model_specs", "slicing_specs", "metrics_specs", "options"},
    "ModelSpec": {
        "name",
        "is_baseline",
        "signature_name",
        "label_key",
        "preprocessing_function_names",
    },
    "SlicingSpec": {"feature_keys"},
    "MetricsSpec": {"metrics", "model_names"},
    "MetricConfig": {"class_name", "module", "config"},
    "Options": {"min_slice_size", "compute_confidence_intervals", "confidence_intervals"},
}
_TRANSFORMED_SIGNATURES = ("transformed_features", "transformed_labels")
# What TFMA writes into its configuration where a Beam pipeline read the data.
_NO_LOCATION, _NO_FORMAT = "<user provided PCollection>", "<unknown>"
# What TFMA says of a slice with too few examples, in the place of its metrics.
_ERROR = "__ERROR__"
_SMALL = (
    "Example count for this slice key is lower than the minimum required value: %d. "
    "No data is aggregated for this slice."
)


def can_measure(config: tfma.EvalConfig) -> bool:
    """Whether a configuration, without thresholds, asks only for what this module does.

    It asks for more with confidence intervals, slices compared with one another, slices by SQL or
    by a value, metrics by query, several outputs, weights of examples, or anything unheard of.
    """
    options = config.options
    messages = [config, options, *config.model_specs, *config.slicing_specs, *config.metrics_specs]
    messages += [metric for spec in config.metrics_specs for metric in spec.metrics]
    if options.compute_confidence_intervals.value or not all(map(_is_understood, messages)):
        return False
    computed = _computations(config)
    return not computed.cross_slice_computations and not computed.ci_derived_computations


def _is_understood(message: Any) -> bool:
    said = {field.name for field, _ in message.ListFields()}
    return said <= _UNDERSTOOD[message.DESCRIPTOR.name]


def measure(
    config: tfma.EvalConfig,
    models: Mapping[str, str],
    batches: Iterable[pa.RecordBatch],
    tensors: Mapping[str, Any],
    prepare: Callable[[Extracts], Extracts],
) -> dict[Any, Metrics]:
    """Measures models on batches of examples, each of which is forgotten when it has been added.

    Args:
        config: TFMA's configuration, without thresholds; `can_measure` said yes to it.
        models: Folder of each SavedModel, by the name that the configuration gives it.
        batches: Examples, with the serialized ones in TFMA's column.
        tensors: TFXIO's tensor representations of the features.
        prepare: What is done with one example's extracts before it is put into slices.

    Returns:
        Metrics by slice: keys and values are TFMA's.
    """
    shared = {
        name if len(models) > 1 else "": tfma.default_eval_shared_model(
            eval_saved_model_path=path, model_name=name, eval_config=config
        )
        for name, path in models.items()
    }
    extractors = _Extractors.of(config, shared, tensors)
    slices = _Slices.of(config)
    for batch in batches:
        for example in extractors.examples_in(batch):
            slices.add(prepare(example))
    return slices.measured()


def write(
    config: tfma.EvalConfig, models: Mapping[str, str], measured: Mapping[Any, Metrics], folder: str
) -> None:
    """Writes what TFMA's own writers would, into files of the same names.

    Args:
        config: TFMA's configuration, with thresholds.
        models: Folder of each SavedModel, by name.
        measured: Metrics by slice.
        folder: Folder that receives metrics, plots and configuration.
    """
    run = eval_config_writer._serialize_eval_run(  # noqa: SLF001  see top
        config, _NO_LOCATION, _NO_FORMAT, dict(models)
    )
    Path(folder, "eval_config.json").write_text(f"{run}\n", encoding="utf-8")
    writer = metrics_plots_and_validations_writer
    kinds = (
        (constants.METRICS_KEY, metric_types.MetricKey, writer.convert_slice_metrics_to_proto),
        (constants.PLOTS_KEY, metric_types.PlotKey, writer.convert_slice_plots_to_proto),
    )
    for kind, key_type, to_proto in kinds:
        with tf.io.TFRecordWriter(f"{folder}/{kind}-00000-of-00001.tfrecord") as file:
            for item in measured.items():
                of_kind = tfma_evaluator._filter_by_key_type(item, key_type)  # noqa: SLF001  see top
                file.write(to_proto(of_kind, add_metrics_callbacks=[]).SerializeToString())


def _computations(config: tfma.EvalConfig) -> Any:
    computations = metric_specs.to_computations(list(config.metrics_specs), eval_config=config)
    return tfma_evaluator._filter_and_separate_computations(computations)  # noqa: SLF001  see top


@dataclass(frozen=True)
class _Extractors:
    """What TFMA's default extractors do, on whole batches.

    Attributes:
        config: TFMA's configuration.
        tensors: TFXIO's tensor representations of the features.
        transform: Adds transformed features.
        predict: Adds predictions.
    """

    config: tfma.EvalConfig
    tensors: Mapping[str, Any]
    transform: Any
    predict: Any

    @classmethod
    def of(
        cls, config: tfma.EvalConfig, shared: Mapping[str, Any], tensors: Mapping[str, Any]
    ) -> _Extractors:
        specs = list(config.model_specs)
        named = {spec.name if len(specs) > 1 else "": spec for spec in specs}
        transform = model_util.ModelSignaturesDoFn(
            model_specs=specs,
            eval_shared_models=shared,
            output_keypath=[constants.TRANSFORMED_FEATURES_KEY],
            signature_names={
                name: list(spec.preprocessing_function_names) for name, spec in named.items()
            },
            default_signature_names=list(_TRANSFORMED_SIGNATURES),
            prefer_dict_outputs=True,
        )
        predict = model_util.ModelSignaturesDoFn(
            model_specs=specs,
            eval_shared_models=shared,
            output_keypath=[constants.PREDICTIONS_KEY],
            signature_names={name: [spec.signature_name] for name, spec in named.items()},
            prefer_dict_outputs=False,
        )
        transform.setup()
        predict.setup()
        return cls(config, tensors, transform, predict)

    def examples_in(self, batch: pa.RecordBatch) -> Iterator[Extracts]:
        """Yields the extracts of each example of a batch: features, label and predictions."""
        split = features_extractor._drop_unsupported_columns_and_fetch_raw_data_column  # noqa: SLF001  see top
        columns, serialized = split(batch)
        features = tfma_util.record_batch_to_tensor_values(columns, self.tensors)
        extracts = {constants.FEATURES_KEY: features, constants.INPUT_KEY: serialized}
        for transformed in self.transform.process(extracts):
            labels = model_util.get_feature_values_for_model_spec_field(
                list(self.config.model_specs), "label_key", "label_keys", transformed, True
            )
            for predicted in self.predict.process({**transformed, constants.LABELS_KEY: labels}):
                yield from tfma_util.split_extracts(predicted)


@dataclass(frozen=True)
class _Slices:
    """What has been added up so far, by slice."""

    config: tfma.EvalConfig
    specs: list[Any]
    slice_keys: Any
    computations: Any
    preprocess: Any
    combine: Any
    sums: dict[Any, Any]
    counts: collections.Counter[Any]

    @classmethod
    def of(cls, config: tfma.EvalConfig) -> _Slices:
        computations = _computations(config)
        direct = computations.non_derived_computations
        preprocess = tfma_evaluator._PreprocessorDoFn(direct)  # noqa: SLF001  see top
        combine = tfma_evaluator._ComputationsCombineFn(computations=direct)  # noqa: SLF001  see top
        preprocess.setup()
        combine.setup()
        return cls(
            config,
            [slicer_lib.SingleSliceSpec(spec=spec) for spec in config.slicing_specs],
            slice_key_extractor.ExtractSliceKeysFn(config, materialize=False),
            computations,
            preprocess,
            combine,
            collections.defaultdict(combine.create_accumulator),
            collections.Counter(),
        )

    def add(self, extracts: Extracts) -> None:
        """Adds one example to every slice that it is in."""
        for keyed in self.slice_keys.process(extracts, self.specs):
            for inputs in self.preprocess.process(keyed):
                for key in set(keyed[constants.SLICE_KEY_TYPES_KEY]):
                    self.sums[key] = self.combine.add_input(self.sums[key], inputs)
                    self.counts[key] += 1

    def measured(self) -> dict[Any, Metrics]:
        """Returns the metrics of each slice; of one that is too small, that it is."""
        return {key: self._metrics(key) for key in self.sums}

    def _metrics(self, key: Any) -> Metrics:
        least = self.config.options.min_slice_size.value
        if key and self.counts[key] < least:
            return {_ERROR: _SMALL % least}
        metrics = self.combine.extract_output(self.combine.compact(self.sums[key]))
        for derived in self.computations.derived_computations:
            metrics.update(derived.result(metrics))
        metrics.update(_changes(self.config, metrics))
        return {its: value for its, value in metrics.items() if not _is_private(its)}


def _changes(config: tfma.EvalConfig, metrics: Metrics) -> Metrics:
    """Returns the difference of every number to the baseline's, if there is a baseline."""
    baseline = next((spec.name for spec in config.model_specs if spec.is_baseline), None)
    changes: Metrics = {}
    for key, value in metrics.items():
        if not baseline or _is_private(key) or key.is_diff or key.model_name == baseline:
            continue
        theirs = key.make_baseline_key(baseline)
        if theirs in metrics and tfma_evaluator._is_metric_diffable(value):  # noqa: SLF001  see top
            changes[key.make_diff_key()] = value - metrics[theirs]
    return changes


def _is_private(key: Any) -> bool:
    return bool(tfma_evaluator._is_private_metrics(key))  # noqa: SLF001  see top
