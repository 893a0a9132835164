"""Execution of Transform: TFX's own, on batches whose size does not depend on the clock."""

from __future__ import annotations

from typing import Any

from absl import flags
from tfx.components.transform import executor as tfx_executor

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
        every scaled feature and the weights of the model.
        """
        flags.FLAGS.set_default(_BY_BYTES, True)
        super().Do(input_dict, output_dict, exec_properties)
