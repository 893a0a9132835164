"""The model gate over several runs, and what TFMA measures for it."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
GATE_STATUS = 3
OTHER, THIRD = "trainer.seed=7", "trainer.seed=8"
FAIRNESS = "fairness_indicators_metrics"


class Story:
    """Runs of the penguin example in a home of its own, one after the other.

    Every pushed model lets the next one be a little worse; InfraValidator has nothing to say here.
    """

    def __init__(self, tidemill):
        self.tidemill = tidemill
        self.refused = self.run("evaluator.without_baseline=refuse")
        self.refused_again = self.run("evaluator.without_baseline=refuse")
        self.accepted = self.run()
        self.unchanged = self.run()
        self.second = self.run(OTHER)
        self.second_unchanged = self.run(OTHER)
        self.back = self.run()
        self.back_unchanged = self.run()
        self.baseline = Path(self.model_of(self.second).uri)
        shutil.rmtree(self.baseline)
        self.copy_is_left = self.run("trainer.seed=9")
        self.served = tidemill.home / "models/penguin" / self.version_of(self.copy_is_left)
        shutil.rmtree(self.model_of(self.copy_is_left).uri)
        shutil.rmtree(self.served)
        self.gone = self.run(THIRD)
        self.gone_accepted = self.run(
            THIRD, "evaluator.metrics.SparseCategoricalAccuracy.min_change=null"
        )

    def run(self, *settings):
        done = self.tidemill.run(
            PENGUIN,
            "infra_validator.enabled=false",
            "evaluator.metrics.SparseCategoricalAccuracy.min_change=-0.5",
            *settings,
        )
        assert done.stdout, done.stderr
        return done

    def evaluation(self, done):
        """Returns the ids of the candidate and of the baselines that Evaluator compared."""
        execution = done.record["nodes"]["Evaluator"]["execution_id"]
        (candidate,) = self.tidemill.inputs(execution, "model")
        return candidate, self.tidemill.inputs(execution, "baseline_model")

    @staticmethod
    def version_of(done):
        return done.record["pushed_version"]

    def model_of(self, done):
        (artifact,) = self.tidemill.metadata().get_artifacts_by_id([self.evaluation(done)[0]])
        return artifact


def verdict(done):
    return done.record["nodes"]["Evaluator"]["verdict"]


@pytest.fixture(scope="module")
def story(tidemill, tmp_path_factory):
    return Story(tidemill(tmp_path_factory.mktemp("story")))


def test_a_first_model_is_refused_where_that_is_asked(story):
    done = story.refused

    assert done.status == GATE_STATUS
    assert done.states["Evaluator"] == "stopped"
    assert done.record["pushed_version"] is None
    assert "without_baseline is refuse" in verdict(done)["headline"]
    assert "--set evaluator.without_baseline=accept" in verdict(done)["advice"]


def test_it_stays_refused_from_the_cache(story):
    assert story.refused_again.status == GATE_STATUS
    assert verdict(story.refused_again) == verdict(story.refused)
    assert story.evaluation(story.refused_again) == story.evaluation(story.refused)
    assert story.refused_again.states["Trainer"] == "cached"


def test_accepted_it_is_pushed_and_the_verdict_says_what_was_not_held(story):
    done = story.accepted
    (not_held,) = [row for row in verdict(done)["rows"] if row[-1].startswith("not held")]

    assert done.status == 0
    assert done.states["Trainer"] == "cached"
    assert done.record["pushed_version"]
    assert "no baseline (no other model pushed yet)" in verdict(done)["headline"]
    assert not_held[4] == "change >= -0.5"


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("accepted", "unchanged"),
        ("second", "second_unchanged"),
        ("back", "back_unchanged"),
    ],
)
def test_unchanged_the_verdict_is_reused(story, first, again):
    first, again = getattr(story, first), getattr(story, again)

    assert first.states["Evaluator"] == "done"
    assert again.states["Evaluator"] == "cached"
    assert verdict(again) == verdict(first)
    assert story.evaluation(again) == story.evaluation(first)


def test_the_baseline_is_the_model_that_is_served(story):
    first, _ = story.evaluation(story.accepted)
    second, against = story.evaluation(story.second)

    assert against == [first]
    assert story.evaluation(story.back) == (first, [second])
    assert story.second.status == story.back.status == 0


def test_a_baseline_without_its_artifact_is_compared_with_as_it_was_pushed(story):
    done = story.copy_is_left

    assert done.status == 0, done.stderr
    changes = [row for row in verdict(done)["rows"] if row[4].startswith("change")]
    assert changes
    assert all(row[-1] == "met" for row in changes)


def test_a_baseline_whose_files_are_gone_stops_the_run_and_says_what_to_do(story):
    done = story.gone

    assert done.status == GATE_STATUS, done.stderr
    assert f"its files are gone from {story.served}" in verdict(done)["headline"]
    assert "min_change=null" in verdict(done)["advice"]
    assert story.gone_accepted.status == 0, story.gone_accepted.stderr
    assert story.gone_accepted.record["pushed_version"] != story.second.record["pushed_version"]


class Row(NamedTuple):
    """One row of the verdict's table."""

    slice: str
    metric: str
    value: str
    baseline: str
    threshold: str
    result: str


class Judged:
    """Evaluator's executor on the artifacts of the taxi run, against the model itself."""

    def __init__(self, taxi, folder):
        self.taxi = taxi
        self.folder = folder

    def rows(self, *metrics, **options):
        from components.evaluator.thresholds import eval_config
        from components.gates import read_verdict

        slices = [["payment_type"], ["big_tip"]]
        config = eval_config("serving_default", "big_tip", slices, metrics, **options)
        return [Row(*row) for row in read_verdict(self._execute(config)).rows]

    def _execute(self, config):
        from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
        from tfx.types import standard_artifacts
        from tfx.utils import proto_utils

        from components.evaluator.executor import Executor
        from pipeline.dag import BEAM_PIPELINE_ARGS

        outputs = {
            "evaluation": [standard_artifacts.ModelEvaluation()],
            "blessing": [standard_artifacts.ModelBlessing()],
        }
        for name, (artifact,) in outputs.items():
            artifact.uri = str(self.folder / name)
            (self.folder / name).mkdir(exist_ok=True)
        context = BaseBeamExecutor.Context(
            beam_pipeline_args=list(BEAM_PIPELINE_ARGS),
            tmp_dir=f"{self.folder}/temp/",
            unique_id="1",
        )
        model = self.artifact("Trainer", "model")
        inputs = {
            "examples": [self.artifact("ExampleGen", "examples")],
            "schema": [self.artifact("SchemaGen", "schema")],
            "model": [model],
            "baseline_model": [model],
        }
        properties = {
            "eval_config": proto_utils.proto_to_json(config),
            "without_baseline": "accept",
        }
        Executor(context).Do(inputs, outputs, properties)
        return outputs["blessing"][0].uri

    def artifact(self, node, channel):
        from tfx.orchestration.portable.mlmd import event_lib
        from tfx.types import artifact_utils

        store = self.taxi.tidemill.metadata()
        execution = self.taxi.record["nodes"][node]["execution_id"]
        events = store.get_events_by_execution_ids([execution])
        (found,) = [e.artifact_id for e in events if event_lib.is_valid_output_event(e, channel)]
        (artifact,) = store.get_artifacts_by_id([found])
        (kind,) = store.get_artifact_types_by_id([artifact.type_id])
        return artifact_utils.deserialize_artifact(kind, artifact)


@pytest.fixture(scope="module")
def judged(taxi, tmp_path_factory):
    """Rows of one evaluation with intervals: by a raw feature, and by the label."""
    from components.evaluator.thresholds import Bounds, Metric, Scopes

    metrics = (
        Metric(
            "FairnessIndicators",
            values={
                "false_positive_rate": Scopes(Bounds(max=1.0, max_change=0.1)),
                "false_negative_rate": Scopes(per_slice=Bounds(max=1.0)),
            },
        ),
        Metric("FPR", Scopes(Bounds(max=1.0)), config={"thresholds": [0.5]}),
    )
    options = {"min_slice_size": 30, "confidence_intervals": True}
    return Judged(taxi, tmp_path_factory.mktemp("judged")).rows(*metrics, **options)


def of_metric(rows, metric):
    return [row for row in rows if row.metric == metric]


def test_fairness_indicators_agree_with_tfmas_own_rate(judged):
    value, change = of_metric(judged, f"{FAIRNESS}/false_positive_rate@0.5")
    (tfmas,) = of_metric(judged, "fpr")

    assert (value.value, value.baseline) == (tfmas.value, tfmas.baseline)
    assert (value.result, change.result) == ("met", "met")
    assert ", change +0 (+0 to +0)" in change.value


def test_values_have_intervals(judged):
    (row,) = of_metric(judged, "fpr")
    value, _, interval = row.value.partition(" ")
    low, high = (float(end) for end in interval.strip("()").split(" to "))

    assert 0 < low < float(value) < high < 1


def test_a_rate_that_is_not_a_number_in_a_slice_misses_its_threshold(judged):
    """Among small tips there is no big one for the model to miss."""
    rows = of_metric(judged, f"{FAIRNESS}/false_negative_rate@0.5")
    small, big = (row for row in rows if row.slice.startswith("big_tip="))

    assert small == ("big_tip=0", small.metric, "not a number", "not a number", "<= 1", "missed")
    assert big.result == "met"


def test_slices_are_named_by_what_people_know(judged):
    slices = {row.slice.partition(",")[0] for row in judged}
    assert "payment_type=Cash" in slices
    assert "payment_type=0" not in slices


def test_the_known_metrics_are_those_of_the_installed_tfma():
    import tf_keras
    from tensorflow_model_analysis.metrics import metric_types

    from components.evaluator.metric_names import KERAS_METRICS, TFMA_METRICS

    keras = {
        name for name in dir(tf_keras.metrics) if isinstance(vars(tf_keras.metrics)[name], type)
    }
    assert set(metric_types.registered_metrics()) == TFMA_METRICS
    assert keras - {"Metric", "MeanMetricWrapper"} == KERAS_METRICS


def config_with(**metric):
    from tensorflow_model_analysis.proto import config_pb2

    spec = config_pb2.MetricsSpec(metrics=[config_pb2.MetricConfig(**metric)])
    return config_pb2.EvalConfig(metrics_specs=[spec])


RELATIVE = {"change_threshold": {"relative": {"value": -0.1}, "direction": "HIGHER_IS_BETTER"}}
UNDIRECTED = {"change_threshold": {"absolute": {"value": -0.1}}}


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ({"class_name": "AUC"}, "no threshold, so every model would be blessed"),
        ({"class_name": "AUCC"}, "did you mean AUC?"),
        ({"class_name": "AUC", "config": '{"treshold": 1}'}, "'treshold'"),
        ({"class_name": "AUC", "threshold": RELATIVE}, "relative"),
        ({"class_name": "AUC", "threshold": UNDIRECTED}, "no direction"),
        (
            {
                "class_name": "AUC",
                "cross_slice_thresholds": [
                    {
                        "cross_slicing_specs": [{}],
                        "threshold": {"value_threshold": {"lower_bound": {"value": 0.1}}},
                    }
                ],
            },
            "cross-slice threshold",
        ),
    ],
)
def test_a_configuration_by_hand_that_cannot_gate_is_refused(metric, words):
    from components.evaluator.errors import EvaluationError
    from components.evaluator.limits import limits_of

    with pytest.raises(EvaluationError) as caught:
        limits_of(config_with(**metric))
    assert words in str(caught.value)


def test_a_threshold_by_hand_holds_in_every_slice():
    from components.evaluator.limits import limits_of

    bounds = {"value_threshold": {"lower_bound": {"value": 0.5}}}
    (limit,) = limits_of(config_with(class_name="AUC", threshold=bounds))

    assert limit.slices is None
    assert (limit.limit.metric, limit.limit.scope, limit.limit.lowest) == (
        "auc",
        "every slice",
        0.5,
    )


class Failing:
    """Stands for measuring in which something goes wrong while there are two models."""

    def __init__(self, cause):
        self.cause = cause
        self.models = []

    def __call__(self, _config, models, *_):
        from components.evaluator.errors import EvaluationError

        self.models.append(len(models))
        if len(models) > 1:
            raise EvaluationError(self.cause)


def test_a_baseline_that_does_not_work_on_the_data_is_left_out(penguin, monkeypatch):
    from components.evaluator.executor import Executor
    from components.evaluator.gate import Standing
    from components.evaluator.thresholds import eval_config

    measure = Failing("InvalidArgumentError: Feature: sex is required but could not be found.")
    executor = Executor()
    monkeypatch.setattr(executor, "_measure", measure)
    judged = Judged(penguin, None)
    model = judged.artifact("Trainer", "model")
    inputs = {
        "examples": [judged.artifact("ExampleGen", "examples")],
        "schema": [judged.artifact("SchemaGen", "schema")],
        "model": [model],
        "baseline_model": [model],
    }
    config = eval_config("serving_default", "species", [], [])
    comparison = executor._evaluate(config, inputs, "", "accept")

    assert measure.models == [2, 1]
    assert comparison.standing is Standing.UNUSABLE
    assert "sex is required" in comparison.reason
