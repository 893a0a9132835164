"""Execution of Trainer: TFX's own, then a record of the training on the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx.components.trainer import executor as tfx_executor
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.types import artifact_utils, standard_component_specs

from components.trainer.fit_record import TrainingRecord, installed_software
from components.training_record import SEARCH_PROPERTY, TRAINING_PROPERTY, read_record

if TYPE_CHECKING:
    from tfx import types

_BASE = standard_component_specs.BASE_MODEL_KEY
_Artifacts = dict[str, list[Any]]


class BaseModelIgnoredError(Exception):
    """A warm start was asked for, and the use case's code did not make one."""

    def __init__(self) -> None:
        super().__init__(
            "trainer.warm_start is true, but run_fn never read fn_args.base_model; call "
            "keras_toolkit.warm_start(model, fn_args) in it when the model is built"
        )


class Executor(tfx_executor.GenericExecutor):
    """Runs the use case's `run_fn`."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Trains and exports a model, and records on it how it was trained.

        Raises:
            BaseModelIgnoredError: `run_fn` did not look at the model to start from.
        """
        super().Do(input_dict, output_dict, exec_properties)
        if input_dict.get(_BASE) and not self._fn_args.base_model_was_read:
            raise BaseModelIgnoredError
        run_id = (self._context.pipeline_run_id if self._context else None) or ""
        record = training_record(run_id, input_dict, self._fn_args)
        model = artifact_utils.get_single_instance(output_dict[standard_component_specs.MODEL_KEY])
        model.set_string_custom_property(TRAINING_PROPERTY, record.to_json())

    # TFX's name, which it calls from `Do`.
    def _GetFnArgs(  # noqa: N802
        self, input_dict: _Artifacts, output_dict: _Artifacts, exec_properties: dict[str, Any]
    ) -> FnArgs:
        fn_args = super()._GetFnArgs(input_dict, output_dict, exec_properties)
        self._fn_args = WatchedFnArgs(**vars(fn_args))
        return self._fn_args


class WatchedFnArgs(FnArgs):
    """Arguments of `run_fn` that know whether the model to start from was read.

    Attributes:
        base_model_was_read: Whether anything read `base_model`.
    """

    base_model_was_read = False

    def __getattribute__(self, name: str) -> Any:
        if name == _BASE:
            self.base_model_was_read = True
        return super().__getattribute__(name)


def training_record(run_id: str, inputs: _Artifacts, fn_args: FnArgs) -> TrainingRecord:
    """Returns what there is to tell about a training.

    Args:
        run_id: The run that trained.
        inputs: Trainer's input artifacts.
        fn_args: What `run_fn` was called with.
    """
    searches = inputs.get(standard_component_specs.HYPERPARAMETERS_KEY) or []
    bases = inputs.get(_BASE) or []
    training = (fn_args.custom_config or {}).get("training", {})
    return TrainingRecord(
        run_id=run_id,
        seed=training.get("seed"),
        hyperparameters=(fn_args.hyperparameters or {}).get("values", {}),
        search=read_record(searches[0], SEARCH_PROPERTY) if searches else None,
        warm_start=bool(training.get("warm_start")),
        base_model=_base(bases[0]) if bases else None,
        software=installed_software(),
    )


def _base(model: types.Artifact) -> dict[str, Any]:
    training = read_record(model, TRAINING_PROPERTY) or {}
    return {
        "run_id": training.get("run_id", ""),
        "model_artifact_id": int(model.id),
        "model_uri": model.uri,
    }
