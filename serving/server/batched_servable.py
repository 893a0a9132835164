"""A loaded version whose requests are put together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from serving.server.batch_scheduler import BatchQueue, BatchScheduler
from serving.server.must_wait import MustWaitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.server.batch_arrays import Arrays
    from serving.server.batching_parameters import BatchingParameters
    from serving.server.model_service import Servable
    from serving.signature import Signature

_MOST_QUEUES = 64


class BatchedServable:
    """Puts the requests of another servable together, by signature and wanted outputs.

    Args:
        servable: What runs the batches.
        scheduler: Runs them in its threads.
        parameters: How they are made.
    """

    def __init__(
        self, servable: Servable, scheduler: BatchScheduler, parameters: BatchingParameters
    ) -> None:
        self._servable = servable
        self._scheduler = scheduler
        self._parameters = parameters
        self._queues: dict[tuple[str, tuple[str, ...]], BatchQueue] = {}
        self._lock = threading.Lock()
        self.signatures = servable.signatures
        self.signature_defs = servable.signature_defs

    def run(
        self,
        signature: Signature,
        inputs: Mapping[str, Any],
        outputs: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        at_once: bool = False,
    ) -> Arrays:
        """Calls a signature together with other requests; see `Servable.run`."""
        if at_once:
            raise MustWaitError
        wanted = tuple(outputs) or tuple(signature.outputs)
        queue = self._queue(signature, wanted)
        if queue is None or not inputs:
            return self._servable.run(signature, inputs, wanted, timeout_s)
        return queue.call(inputs, timeout_s)

    def close(self) -> None:
        """Frees the memory. Nothing may be running."""
        for queue in self._queues.values():
            self._scheduler.remove(queue)
        self._servable.close()

    def _queue(self, signature: Signature, wanted: tuple[str, ...]) -> BatchQueue | None:
        """Returns the queue; None when clients ask for ever other selections of outputs."""
        key = (signature.name, wanted)
        with self._lock:
            if key not in self._queues and len(self._queues) < _MOST_QUEUES:

                def run(inputs: Mapping[str, Any], timeout_s: float | None) -> Arrays:
                    return self._servable.run(signature, inputs, wanted, timeout_s)

                queue = BatchQueue(self._scheduler, self._parameters, run)
                self._queues[key] = queue
                self._scheduler.add(queue)
            return self._queues.get(key)
