"""Execution of Evaluator: TFMA measures, the gate decides, the artifacts say so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils, proto_utils

from components.artifact_properties import (
    BASELINE_ID,
    BLESSED,
    CANDIDATE_ID,
    GONE_BASELINE_ID,
    PUSHED_DESTINATION,
)
from components.error_line import cause_of, in_one_line
from components.evaluator import (
    fairness,  # noqa: F401  TFMA finds it by name, and the fingerprint of the code by this line
)
from components.evaluator.errors import EvaluationError
from components.evaluator.evaluation import SPLIT, Data, can_measure_here, measure, measure_here
from components.evaluator.gate import Standing
from components.evaluator.interface import Asked, check_candidate, why_not_comparable
from components.evaluator.judgement import judged
from components.evaluator.limits import limits_of
from components.evaluator.measurements import measured_slices
from components.evaluator.report import Comparison
from components.gates import write_verdict
from components.interruption import NodeInterruptedError
from components.saved_model import read_signatures
from components.schema_artifact import read_schema
from components.splits import check_split

if TYPE_CHECKING:
    from components.gates import Verdict

_REFUSE = "refuse"
# What no model causes: measuring the new model alone would hide it.
_NOT_OF_A_MODEL = (
    NodeInterruptedError,
    MemoryError,
    ImportError,
    NameError,
    tf.errors.ResourceExhaustedError,
)
# Beam's runner in this process. Whoever names another has data for more than one machine.
_RUNNER = ".FnApiRunner"
_log = logging.getLogger(__name__)

Artifacts = dict[str, list[Any]]


class Executor(base_beam_executor.BaseBeamExecutor):
    """Blesses a model that meets its thresholds."""

    def Do(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Evaluates `model` and writes metrics into `evaluation` and the answer into `blessing`.

        A model below its thresholds is a verdict and no error.

        Raises:
            EvaluationError: The model could not be evaluated, or there is no threshold.
            NoSuchSplitError: There is no split to evaluate it on.
        """
        config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties["eval_config"], config)
        limits = limits_of(config)
        uri = artifact_utils.get_single_uri(output_dict["evaluation"])
        comparison = self._evaluate(config, input_dict, uri, exec_properties["without_baseline"])
        slices = measured_slices(tfma.load_metrics(uri), _baseline_name(config))
        verdict = judged(limits, slices, comparison)
        _log.info("%s", verdict.headline)
        _record(verdict, input_dict, artifact_utils.get_single_instance(output_dict["blessing"]))

    def _evaluate(
        self, config: tfma.EvalConfig, inputs: Artifacts, uri: str, without_baseline: str
    ) -> Comparison:
        """Measures the candidate, beside the baseline where that is possible."""
        candidate = _saved_model(inputs["model"])
        baseline = _saved_model(inputs.get("baseline_model", [])) or _pushed_copy(inputs)
        spec = next(spec for spec in config.model_specs if not spec.is_baseline)
        asked = Asked(spec.signature_name, spec.label_key)
        signatures = read_signatures(candidate)
        if not signatures:
            raise EvaluationError(f"there is no SavedModel in {candidate}; train the model again")
        check_candidate(signatures, asked)
        data = _data(inputs)
        if not baseline:
            self._measure(config, [candidate], data, uri)
            refuse = without_baseline == _REFUSE
            return Comparison(Standing.NOTHING_PUSHED, refuse_first=refuse)
        theirs = read_signatures(baseline)
        reason = (
            why_not_comparable(theirs, signatures, asked)
            if theirs
            else f"its files are gone from {baseline}"
        )
        if not reason:
            try:
                self._measure(config, [candidate, baseline], data, uri)
                return Comparison(Standing.COMPARED)
            except EvaluationError as error:
                # Whose fault it was shows when the candidate is measured alone.
                reason = f"it does not work on this data: {error}"
        self._measure(config, [candidate], data, uri)
        return Comparison(Standing.UNUSABLE, reason)

    def _measure(self, config: tfma.EvalConfig, paths: list[str], data: Data, uri: str) -> None:
        """Measures the candidate and, with a second path, the baseline.

        Raises:
            EvaluationError: Measuring failed in a way that a model may have caused.
        """
        compared = len(paths) > 1
        config = tfma.utils.update_eval_config_with_defaults(
            config, has_baseline=compared, rubber_stamp=True
        )
        tfma.utils.verify_eval_config(config)
        names = [spec.name for spec in sorted(config.model_specs, key=lambda s: s.is_baseline)]
        try:
            self._measure_models(config, dict(zip(names, paths, strict=True)), data, uri)
        except Exception as error:
            cause = cause_of(error)
            # Beam turns what stops the node into text.
            if cause is None or cause.startswith(NodeInterruptedError.__name__):
                raise
            raise EvaluationError(cause) from error

    def _measure_models(
        self, config: tfma.EvalConfig, models: dict[str, str], data: Data, uri: str
    ) -> None:
        on_one_machine = any(arg.endswith(_RUNNER) for arg in self._beam_pipeline_args)
        if not on_one_machine or not can_measure_here(config):
            with self._make_beam_pipeline() as pipeline:
                measure(pipeline, config, models, data, uri)
            return
        try:
            measure_here(config, models, data, uri)
        except Exception as error:
            if _is_of_a_model(error):
                raise EvaluationError(in_one_line(error)) from error
            raise


def _is_of_a_model(error: Exception) -> bool:
    """Whether a model, or the data that it is given, may have caused an error."""
    # What the operating system refused has a number; TensorFlow's own of a damaged file has none.
    of_the_machine = isinstance(error, OSError) and error.errno is not None
    return not of_the_machine and not isinstance(error, _NOT_OF_A_MODEL)


def _saved_model(models: list[Any]) -> str:
    return str(path_utils.serving_model_path(models[0].uri)) if models else ""


def _pushed_copy(inputs: Artifacts) -> str:
    """Returns the copy in the model store of a baseline whose artifact is gone, or nothing."""
    pushes = inputs.get("gone_baseline", [])
    return str(pushes[0].get_string_custom_property(PUSHED_DESTINATION)) if pushes else ""


def _data(inputs: Artifacts) -> Data:
    check_split(inputs["examples"], SPLIT)
    return Data(inputs["examples"], read_schema(artifact_utils.get_single_uri(inputs["schema"])))


def _baseline_name(config: tfma.EvalConfig) -> str:
    return next((spec.name for spec in config.model_specs if spec.is_baseline), "")


def _record(verdict: Verdict, inputs: Artifacts, blessing: Any) -> None:
    """Writes the verdict, and the blessing as TFX's own Evaluator does: Resolver reads it."""
    write_verdict(blessing.uri, verdict)
    io_utils.write_string_file(
        f"{blessing.uri}/{'BLESSED' if verdict.passed else 'NOT_BLESSED'}", ""
    )
    blessing.set_int_custom_property(BLESSED, int(verdict.passed))
    roles = (
        ("model", "current_model", CANDIDATE_ID),
        ("baseline_model", "baseline_model", BASELINE_ID),
    )
    for key, uri_property, id_property in roles:
        for model in inputs.get(key, []):
            blessing.set_string_custom_property(uri_property, model.uri)
            blessing.set_int_custom_property(id_property, model.id)
    for push in inputs.get("gone_baseline", []):
        blessing.set_int_custom_property(GONE_BASELINE_ID, push.id)
