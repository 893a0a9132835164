"""One loaded version of a model for TensorFlow Lite.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from serving.server.deadlines import check_in_time
from serving.server.must_wait import MustWaitError
from serving.server.pool import Pool
from serving.server.servable import to_signature
from serving.server.tflite_interpreter import TfliteInterpreter
from serving.server.tflite_signatures import find_signatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from serving.signature import Signature


class TfliteModel:
    """A TensorFlow Lite model in memory, once for each request that may run at the same time.

    Args:
        file: The model.
        interpreters: How many requests may run at the same time; others wait.

    Attributes:
        signatures: The signatures that can be called, by name.
        signature_defs: The same as messages, for the metadata calls.
        batch_size: How many rows the model was saved for, where it has one input; else 1.

    Raises:
        ServingError: It is no model, or one that cannot be run here.
    """

    def __init__(self, file: Path, interpreters: int) -> None:
        content = file.read_bytes()
        pool = [TfliteInterpreter(content) for _ in range(interpreters)]
        inputs, outputs = pool[0].inputs, pool[0].outputs
        self.signature_defs = find_signatures(content, inputs, outputs)
        self.signatures: Mapping[str, Signature] = {
            name: to_signature(name, stored) for name, stored in self.signature_defs.items()
        }
        shapes = [tensor.shape for tensor in inputs.values()]
        self.batch_size = shapes[0][0] if len(shapes) == 1 and shapes[0] else 1
        self._pool = Pool(pool)

    def run(
        self,
        signature: Signature,
        inputs: Mapping[str, np.ndarray[Any, Any]],
        outputs: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        at_once: bool = False,
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Calls a signature; see `ServableModel.run`. What has started runs to its end."""
        if at_once:
            # An interpreter that another request has may be taken for long.
            raise MustWaitError
        wanted = tuple(outputs) or tuple(signature.outputs)
        fed = {spec.tensor_name: inputs[alias] for alias, spec in signature.inputs.items()}
        fetched = [signature.outputs[alias].tensor_name for alias in wanted]
        started = time.monotonic()
        with self._pool.take(timeout_s) as interpreter:
            results = interpreter.run(fed, fetched)
        check_in_time(time.monotonic() - started, timeout_s)
        return dict(zip(wanted, results, strict=True))

    def close(self) -> None:
        """Frees the model's memory. Nothing may be running."""
        self._pool.clear()
