"""Execution of Tuner: TFX's own, then a note on the result of when and where it was found."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tfx.components.tuner import executor as tfx_executor
from tfx.types import artifact_utils, standard_component_specs

from components.training_record import SEARCH_PROPERTY, search_record

if TYPE_CHECKING:
    from tfx import types


class Executor(tfx_executor.Executor):
    """Runs the use case's `tuner_fn`."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Searches, and says on the hyperparameters which run they come from."""
        super().Do(input_dict, output_dict, exec_properties)
        best = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.BEST_HYPERPARAMETERS_KEY]
        )
        finished = datetime.now(timezone.utc).isoformat(timespec="seconds")
        run_id = (self._context.pipeline_run_id if self._context else None) or ""
        best.set_string_custom_property(SEARCH_PROPERTY, search_record(run_id, finished))
