"""Measured in this process, models get the values that they get in a Beam pipeline.

Both get the same batches here: how many examples a model is asked about at a time can change the
last bit of its answer, and Beam chooses anew in every run. What is left is the order of adding.
"""

from __future__ import annotations

import pytest

# TFMA adds some numbers in single precision.
ROUNDING = 1e-6
CANDIDATE_ONLY, AGAINST_A_BASELINE = ["candidate"], ["candidate", "baseline"]


class SameBatches:
    """A source that gives Beam the batches that it gives without Beam."""

    def __init__(self, source):
        self._source = source

    def RecordBatches(self, options):  # noqa: N802  TFXIO's name
        return self._source.RecordBatches(options)

    def BeamSource(self):  # noqa: N802  TFXIO's name
        import apache_beam as beam
        from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions

        options = RecordBatchesOptions(evaluation_batch_size(), num_epochs=1)
        return beam.Create(list(self._source.RecordBatches(options)))

    def __getattr__(self, name):
        return getattr(self._source, name)


def evaluation_batch_size():
    from components.evaluator import evaluation

    return evaluation._BATCH_SIZE


def numbers_apart(message):
    """Takes the numbers with a fraction out of a message: returns what is left of it, and them."""
    from google.protobuf import json_format

    numbers = []

    def visit(part):
        if isinstance(part, dict):
            return {name: visit(value) for name, value in sorted(part.items())}
        if isinstance(part, list):
            return [visit(value) for value in part]
        if isinstance(part, float):
            numbers.append(part)
            return "a number"
        return part

    return visit(json_format.MessageToDict(message)), numbers


class Measured:
    """What both ways wrote about the model of a run, compared with itself or alone."""

    def __init__(self, pushed, names, config, folder):
        import apache_beam as beam
        import tensorflow_model_analysis as tfma
        from tensorflow_metadata.proto.v0 import schema_pb2
        from tfx.utils import io_utils, path_utils

        from components.evaluator import evaluation
        from pipeline.dag import BEAM_PIPELINE_ARGS

        config = tfma.utils.update_eval_config_with_defaults(
            config, has_baseline=len(names) > 1, rubber_stamp=True
        )
        model = path_utils.serving_model_path(pushed.artifact("Trainer", "model").uri)
        schema_file = f"{pushed.artifact('SchemaGen', 'schema').uri}/schema.pbtxt"
        schema = io_utils.parse_pbtxt_file(schema_file, schema_pb2.Schema())
        data = evaluation.Data([pushed.artifact("ExampleGen", "examples")], schema)
        models = {name if len(names) > 1 else "": model for name in names}
        self.beam, self.here = folder / "beam", folder / "here"
        self.here.mkdir()
        sources = [SameBatches(source) for source in evaluation._sources(data)]
        monkeypatch = pytest.MonkeyPatch()
        monkeypatch.setattr(evaluation, "_sources", lambda _data: sources)
        assert evaluation.can_measure_here(config)
        with beam.Pipeline(argv=list(BEAM_PIPELINE_ARGS)) as pipeline:
            evaluation.measure(pipeline, config, models, data, str(self.beam))
        evaluation.measure_here(config, models, data, str(self.here))
        monkeypatch.undo()

    def compare(self, kind, at_least):
        """Asserts that both ways wrote the same about at least so many slices; returns one's."""
        beam, here = self.records(self.beam, kind), self.records(self.here, kind)
        assert here.keys() == beam.keys()
        assert len(here) >= at_least
        for key, (words, numbers) in here.items():
            assert words == beam[key][0]
            assert numbers == pytest.approx(beam[key][1], rel=ROUNDING, nan_ok=True)
        return here

    @staticmethod
    def records(folder, kind):
        """Returns what a folder holds of each slice, without its order."""
        import tensorflow as tf
        from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as protos

        message = {"metrics": protos.MetricsForSlice, "plots": protos.PlotsForSlice}[kind]
        files = sorted(map(str, folder.glob(f"{kind}-*")))
        records = map(message.FromString, tf.data.TFRecordDataset(files).as_numpy_iterator())
        return {
            record.slice_key.SerializeToString(deterministic=True): numbers_apart(record)
            for record in records
        }


@pytest.fixture(scope="module")
def in_run():
    """Finds an output artifact of a node of a run."""
    from tfx.orchestration.portable.mlmd import event_lib
    from tfx.types import artifact_utils

    class Run:
        def __init__(self, pushed):
            self._pushed = pushed

        def artifact(self, node, channel):
            store = self._pushed.tidemill.metadata()
            execution = self._pushed.record["nodes"][node]["execution_id"]
            events = store.get_events_by_execution_ids([execution])
            (found,) = [
                e.artifact_id for e in events if event_lib.is_valid_output_event(e, channel)
            ]
            (artifact,) = store.get_artifacts_by_id([found])
            (kind,) = store.get_artifact_types_by_id([artifact.type_id])
            return artifact_utils.deserialize_artifact(kind, artifact)

    return Run


def binary(slices=(), **options):
    from components.evaluator.thresholds import Bounds, Metric, Scopes, eval_config

    metrics = [
        Metric("AUC", Scopes(Bounds(min=0.5, min_change=-0.1), Bounds(min=0.1))),
        Metric("BinaryAccuracy"),
        Metric("FairnessIndicators"),
        Metric("CalibrationPlot"),
        Metric("ConfusionMatrixPlot"),
    ]
    return eval_config("serving_default", "big_tip", slices, metrics, **options)


@pytest.fixture(scope="module", params=[CANDIDATE_ONLY, AGAINST_A_BASELINE], ids=len)
def taxi_measured(request, taxi, in_run, tmp_path_factory):
    """Slices by a raw feature that often is missing, by two together, and by a rare one."""
    slices = [["company"], ["payment_type", "trip_start_hour"], ["dropoff_community_area"]]
    config = binary(slices, min_slice_size=20)
    return Measured(in_run(taxi), request.param, config, tmp_path_factory.mktemp("measured"))


def test_every_slice_of_taxi_has_the_same_metrics_and_plots(taxi_measured):
    metrics = taxi_measured.compare("metrics", at_least=20)
    taxi_measured.compare("plots", at_least=20)

    assert any("lower than the minimum" in str(words) for words, _ in metrics.values())
    assert sum(len(numbers) for _, numbers in metrics.values()) > 500


def test_the_configuration_that_tfma_shows_is_the_same(taxi_measured):
    beam, here = (
        (folder / "eval_config.json").read_text()
        for folder in (taxi_measured.beam, taxi_measured.here)
    )
    assert here == beam


def test_three_classes(penguin, in_run, tmp_path):
    from components.evaluator.thresholds import Metric, eval_config

    metrics = [Metric("SparseCategoricalAccuracy"), Metric("MultiClassConfusionMatrixPlot")]
    config = eval_config("serving_default", "species", [["species"]], metrics)
    measured = Measured(in_run(penguin), AGAINST_A_BASELINE, config, tmp_path)

    for kind in ("metrics", "plots"):
        measured.compare(kind, at_least=4)


def test_a_change_is_the_candidates_number_less_the_baselines():
    from tensorflow_model_analysis.metrics.metric_types import MetricKey

    from components.evaluator.combining import _changes

    def key(name, model):
        return MetricKey(name=name, model_name=model)

    metrics = {
        key(name, model): value
        for name, model, value in [
            ("auc", "candidate", 0.75),
            ("auc", "baseline", 0.5),
            ("words", "candidate", "x"),
            ("words", "baseline", "y"),
            ("_private", "candidate", 1),
            ("_private", "baseline", 1),
            ("alone", "candidate", 1),
        ]
    }
    assert _changes(binary(), metrics) == {key("auc", "candidate").make_diff_key(): 0.25}


def weigh(config):
    config.model_specs[0].example_weight_key = "fare"


def compare_slices(config):
    config.cross_slicing_specs.add()


def slice_by_value(config):
    config.slicing_specs.add(feature_values={"company": "x"})


def group(config):
    config.metrics_specs[0].query_key = "company"


def ask_for_intervals(config):
    config.options.compute_confidence_intervals.value = True


def name_outputs(config):
    config.metrics_specs[0].output_names.append("second")


@pytest.mark.parametrize(
    "ask_more", [weigh, compare_slices, slice_by_value, group, ask_for_intervals, name_outputs]
)
def test_what_it_does_not_do_is_left_to_beam(ask_more):
    from components.evaluator.evaluation import can_measure_here

    config = binary([["company"]])
    assert can_measure_here(config)
    ask_more(config)
    assert not can_measure_here(config)
