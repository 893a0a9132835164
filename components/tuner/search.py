"""Random search with KerasTuner, within a number of trials and a time budget.

A use case's `tuner_fn` returns the result of `random_search`; TFX's own Tuner executor runs it.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import keras
import keras_tuner
from keras_tuner.engine import metrics_tracking
from keras_tuner.engine import trial as trial_states

from components.tuner.options import SearchOptions
from components.tuner.time_budget import TimeBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import tensorflow as tf
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult

PROJECT = "search"


class NoTrialFinishedError(RuntimeError):
    """No trial gave a value of the objective, so there are no best hyperparameters.

    Attributes:
        causes: What went wrong, one message or traceback for each trial; not empty.
    """

    def __init__(self, causes: list[str]) -> None:
        self.causes = causes
        last = causes[-1].strip().splitlines()[-1]
        super().__init__(f"none of the search's {len(causes)} trials finished; the last: {last}")


class StopWhenUsedUp(keras.callbacks.Callback):
    """Ends a trial at the batch at which the time budget is over.

    Keras still validates and ends the epoch, so a trial that is cut short has a value too.
    """

    def __init__(self, budget: TimeBudget) -> None:
        super().__init__()
        self._budget = budget

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Looks at the clock (Keras calls it after every batch)."""
        del batch, logs
        if self._budget.used_up():
            self.model.stop_training = True


class BudgetedOracle(keras_tuner.oracles.RandomSearchOracle):
    """Random search that starts no trial after the time budget is over; the first always starts."""

    def __init__(self, budget: TimeBudget, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._budget = budget

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns the values of the next trial, or that the search is over."""
        if self.trials and self._budget.used_up():
            return {"status": trial_states.TrialStatus.STOPPED, "values": None}
        space: dict[str, Any] = super().populate_space(trial_id)
        return space


class BudgetedSearch(keras_tuner.Tuner):
    """KerasTuner's loop over the trials of a `BudgetedOracle`."""

    def __init__(self, budget: TimeBudget, oracle: BudgetedOracle, **kwargs: Any) -> None:
        super().__init__(oracle=oracle, **kwargs)
        self._budget = budget

    def search(self, *args: Any, **kwargs: Any) -> None:
        """Runs the trials; the arguments are those of Keras's `fit`.

        Raises:
            NoTrialFinishedError: No trial gave a value of the objective.
        """
        # KerasTuner collects garbage twice in a trial, which takes long as long as the collector
        # walks through every object of the loaded libraries: a fifth of a short search.
        gc.freeze()
        try:
            super().search(*args, **kwargs)
        finally:
            gc.unfreeze()

    def on_search_begin(self) -> None:
        """Starts the clock."""
        self._budget.start()

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        """Trains one model, and returns what KerasTuner reads the objective from."""
        stop = StopWhenUsedUp(self._budget)
        callbacks = [*kwargs.pop("callbacks", []), stop]
        return super().run_trial(trial, *args, callbacks=callbacks, **kwargs)

    def on_search_end(self) -> None:
        """Checks that there is an answer.

        Raises:
            NoTrialFinishedError: No trial gave a value of the objective.
        """
        trials = self.oracle.trials.values()
        # KerasTuner would hand out the values of a failed trial as the best ones.
        if all(trial.status != trial_states.TrialStatus.COMPLETED for trial in trials):
            unknown = "its objective was not a number"
            raise NoTrialFinishedError([trial.message or unknown for trial in trials])


def random_search(
    fn_args: FnArgs,
    build_model: Callable[[keras_tuner.HyperParameters], keras.Model],
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    *,
    hyperparameters: keras_tuner.HyperParameters | None = None,
) -> TunerFnResult:
    """Prepares a search that is limited as the section `tuner` of `pipeline.yaml` says.

    The same seed and data give the same trials, as long as the time budget suffices.

    Args:
        fn_args: Arguments of `tuner_fn`.
        build_model: Hyperparameters -> compiled model.
        train: Batches of one epoch.
        evaluation: Batches that the objective is computed on.
        hyperparameters: Search space; default: what `build_model` asks for.

    Returns:
        What `tuner_fn` returns.

    Raises:
        ValueError: The objective's direction is not known.
    """
    from tfx.components.tuner.component import TunerFnResult

    options = SearchOptions.from_custom_config(fn_args.custom_config)
    tuner = budgeted_search(
        options,
        build_model,
        fn_args.working_dir,
        TimeBudget(options.time_budget_seconds),
        hyperparameters,
    )
    fit = {
        "x": train,
        "validation_data": evaluation,
        "epochs": options.epochs,
        "shuffle": False,  # the dataset shuffles
        "verbose": 2,
    }
    return TunerFnResult(tuner=tuner, fit_kwargs=fit)


def budgeted_search(
    options: SearchOptions,
    build_model: Callable[[keras_tuner.HyperParameters], keras.Model],
    directory: str,
    budget: TimeBudget,
    hyperparameters: keras_tuner.HyperParameters | None = None,
) -> BudgetedSearch:
    """Returns the tuner of `random_search`, which writes its trials below `directory`."""
    oracle = BudgetedOracle(
        budget,
        objective=_objective(options),
        max_trials=options.trials,
        seed=options.seed,
        hyperparameters=hyperparameters,
        # The trials and the budget are the limits: KerasTuner's own would lose the best so far.
        max_consecutive_failed_trials=options.trials + 1,
    )
    return BudgetedSearch(
        budget,
        oracle,
        hypermodel=_seeded(build_model, options.seed),
        directory=directory,
        project_name=PROJECT,
        overwrite=True,
    )


def _seeded(
    build_model: Callable[[keras_tuner.HyperParameters], keras.Model], seed: int
) -> Callable[[keras_tuner.HyperParameters], keras.Model]:
    """Gives every trial the same seed: trials then differ by their hyperparameters alone."""

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        keras.utils.set_random_seed(seed)
        model = build_model(hp)
        if model.built and model.optimizer is not None:
            # Else TensorFlow traces the training step twice (as in `components.trainer.training`).
            model.optimizer.build(model.trainable_variables)
        return model

    return build


def _objective(options: SearchOptions) -> keras_tuner.Objective:
    """Returns the objective with its direction.

    Raises:
        ValueError: No direction is configured, and KerasTuner does not know the metric.
    """
    direction = options.direction or metrics_tracking.infer_metric_direction(options.objective)
    if direction is None:
        raise ValueError(
            f"whether less or more of {options.objective!r} is better is not known; "
            "set tuner.direction to min or max"
        )
    return keras_tuner.Objective(options.objective, direction)
