import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest

from components.tuner.options import SearchOptions
from components.tuner.search import NoTrialFinishedError, budgeted_search
from components.tuner.time_budget import TimeBudget

OPTIONS = SearchOptions(
    trials=3, objective="val_loss", direction=None, time_budget_seconds=10, epochs=2, seed=5
)
LONG = replace(OPTIONS, time_budget_seconds=1000)
BATCHES = 4
X = np.linspace(-1.0, 1.0, 8 * BATCHES, dtype="float32")[:, None]
FIT = {"x": X, "y": 2 * X, "validation_data": (X, 2 * X), "batch_size": 8, "epochs": 2}


def build_model(hp):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(hp.Int("units", 1, 64))])
    model.add(keras.layers.Dense(1))
    optimizer = keras.optimizers.SGD(hp.Float("rate", 1e-4, 1e-1, sampling="log"))
    model.compile(optimizer, "mse")
    return model


class BatchClock(keras.callbacks.Callback):
    """A clock of which one second goes by with each batch."""

    now = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        del batch, logs
        BatchClock.now += 1.0

    def __call__(self):
        return BatchClock.now


def prepare(tmp_path, options=OPTIONS, build=build_model):
    budget = TimeBudget(options.time_budget_seconds, BatchClock())
    return budgeted_search(options, build, str(tmp_path), budget)


def search(tuner):
    """Returns the number of batches that the search trained."""
    started = BatchClock.now
    tuner.search(**FIT, callbacks=[BatchClock()], verbose=0)
    return BatchClock.now - started


def values(tuner):
    return [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]


def test_runs_all_trials_within_the_budget(tmp_path):
    tuner = prepare(tmp_path, LONG)
    assert search(tuner) == 3 * 2 * BATCHES
    assert len(tuner.oracle.trials) == 3


def test_stops_at_the_batch_at_which_the_budget_is_over(tmp_path):
    # The second trial starts after 8 seconds of 10 and is cut short; a third one is not started.
    tuner = prepare(tmp_path)
    assert search(tuner) == 10
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["COMPLETED"] * 2
    assert tuner.get_best_hyperparameters()


def test_a_budget_that_is_too_small_for_one_trial_still_gives_an_answer(tmp_path):
    tuner = prepare(tmp_path, replace(OPTIONS, time_budget_seconds=1))
    assert search(tuner) == 1
    (trial,) = tuner.oracle.trials.values()
    assert np.isfinite(trial.score)


def test_the_same_seed_gives_the_same_search(tmp_path):
    options = replace(LONG, trials=2)
    tuners = [prepare(tmp_path / name, options) for name in ("one", "other")]
    for tuner in tuners:
        search(tuner)
    assert values(tuners[0]) == values(tuners[1])
    scores = [[trial.score for trial in tuner.oracle.trials.values()] for tuner in tuners]
    assert scores[0] == scores[1]


def test_the_direction_is_configured_or_inferred(tmp_path):
    options = replace(OPTIONS, objective="val_profit", direction="max")
    assert prepare(tmp_path, options).oracle.objective.direction == "max"
    assert prepare(tmp_path, OPTIONS).oracle.objective.direction == "min"


def test_an_objective_of_unknown_direction_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'val_profit'.*tuner\.direction"):
        prepare(tmp_path, replace(OPTIONS, objective="val_profit"))


class Fragile:
    """Builds a model, or fails: `faults` says which of the builds from now on."""

    def __init__(self):
        self.faults = iter(())

    def __call__(self, hp):
        if next(self.faults, False):
            raise RuntimeError("no such layer")
        return build_model(hp)


def test_says_why_when_no_trial_finished(tmp_path):
    build = Fragile()
    tuner = prepare(tmp_path, build=build)
    build.faults = itertools.repeat(True)
    with pytest.raises(NoTrialFinishedError, match=r"3 trials finished.*no such layer") as raised:
        search(tuner)
    assert len(raised.value.causes) == 3


def test_a_trial_that_fails_does_not_lose_the_others(tmp_path):
    build = Fragile()
    tuner = prepare(tmp_path, replace(LONG, trials=2), build)
    build.faults = iter([True])
    search(tuner)
    statuses = [trial.status for trial in tuner.oracle.trials.values()]
    assert statuses == ["FAILED", "COMPLETED"]
    assert tuner.get_best_hyperparameters()
