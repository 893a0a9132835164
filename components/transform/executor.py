"""Execution of Transform: TFX's own, without what differs from run to run or is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from absl import flags
from tfx.components.transform import executor as tfx_executor
from tfx.components.transform import executor_utils
from tfx.types import artifact_utils
from tfx.types.standard_component_specs import EXAMPLES_KEY, SPLITS_CONFIG_KEY
from tfx.utils import proto_utils

from components.transform.optional_features import without_missing_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.transform.optional_features import PreprocessingFn

_Artifacts = dict[str, list[Any]]
# Defined by tfx_bsl, which reads the examples.
_BY_BYTES = "tfxio_use_byte_size_batching"


class Executor(tfx_executor.Executor):
    """Computes the same features in every run on the same data."""

    def Do(
        self, input_dict: _Artifacts, output_dict: _Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Analyses and transforms.

        Unless told, Beam tunes the size of batches by how long they take, and by chance. Sums of
        floating-point numbers then differ in their last digits, and with them means and variances,
        every scaled feature and the weights of the model. And TFX keeps the names of splits in a
        set, whose order is another in every process.
        """
        flags.FLAGS.set_default(_BY_BYTES, True)
        given = exec_properties.get(SPLITS_CONFIG_KEY)
        splits = given or _splits_in_order(input_dict[EXAMPLES_KEY])
        super().Do(input_dict, output_dict, {**exec_properties, SPLITS_CONFIG_KEY: splits})

    def _GetPreprocessingFn(  # noqa: N802  TFX's name
        self, inputs: Mapping[str, Any], unused_outputs: Mapping[str, Any]
    ) -> PreprocessingFn:
        return without_missing_values(super()._GetPreprocessingFn(inputs, unused_outputs))


def _splits_in_order(examples: list[Any]) -> str:
    """Returns TFX's choice of splits as its JSON, in the order in which the examples name them."""
    splits = executor_utils.ResolveSplitsConfig(None, examples)
    del splits.transform[:]
    splits.transform.extend(artifact_utils.decode_split_names(examples[0].split_names))
    return str(proto_utils.proto_to_json(splits))
