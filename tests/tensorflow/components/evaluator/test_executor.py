"""Whose fault it is that models could not be measured."""

from __future__ import annotations

import errno

import pytest
import tensorflow as tf

from components.evaluator import executor as module
from components.evaluator.errors import EvaluationError
from components.evaluator.executor import Executor
from components.evaluator.thresholds import eval_config
from components.interruption import NodeInterruptedError


@pytest.fixture
def measure(monkeypatch):
    """Measures a model, in this process, with an error in the place of the measuring."""

    def run(error):
        def fail(*_):
            raise error

        monkeypatch.setattr(module, "measure_here", fail)
        monkeypatch.setattr(module, "can_measure_here", lambda _config: True)
        executor = Executor(
            Executor.Context(
                beam_pipeline_args=["--runner=x.FnApiRunner", "--sdk_container_image=x"]
            )
        )
        executor._measure(eval_config("serving_default", "species", [], []), ["/model"], None, "")

    return run


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.InvalidArgumentError(None, None, "Feature: sex is required"),
        ValueError("labels and predictions have different shapes"),
        OSError("Cannot parse file /model/saved_model.pb"),  # TensorFlow's, without a number
    ],
)
def test_what_a_model_may_cause_is_an_error_of_the_evaluation(measure, error):
    with pytest.raises(EvaluationError, match=type(error).__name__):
        measure(error)


@pytest.mark.parametrize(
    "error",
    [
        NodeInterruptedError("stopped: the run was cancelled"),
        OSError(errno.ENOSPC, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
        MemoryError(),
        NameError("name 'x' is not defined"),
    ],
)
def test_what_no_model_causes_is_not(measure, error):
    """Measuring the new model alone would hide it, and bless a model without a comparison."""
    with pytest.raises(type(error)) as caught:
        measure(error)
    assert caught.value is error


@pytest.mark.parametrize(
    ("cause", "raised"),
    [(NodeInterruptedError("stopped"), RuntimeError), (ValueError("shapes"), EvaluationError)],
)
def test_an_interruption_that_beam_has_turned_into_text(monkeypatch, cause, raised):
    kind = type(cause)
    text = f"{kind.__module__}.{kind.__name__}: {cause} [while running 'Evaluate']\n"

    def fail(*_):
        raise RuntimeError(f'Traceback (most recent call last):\n  File "x.py"\n{text}')

    executor = Executor()
    monkeypatch.setattr(executor, "_measure_models", fail)
    with pytest.raises(raised):
        executor._measure(eval_config("serving_default", "species", [], []), ["/model"], None, "")
