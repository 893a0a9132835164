"""One loaded version of a model.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, saved_model_pb2

from serving.dtypes import dtype_name
from serving.errors import Code, ServingError
from serving.server.deadlines import NO_LIMIT_MS, Limits, check_in_time, too_late
from serving.server.graph_loops import GraphLoops
from serving.server.must_wait import MustWaitError
from serving.server.pace import Pace, Stopwatch
from serving.server.prepared_calls import PreparedCalls
from serving.server.runtime import MakeNdarray, OpError, Runtime, session_options
from serving.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from serving.server.runtime import Arrays

SERVE_TAG = "serve"
_INIT_SIGNATURE = "__saved_model_init_op"
# Each selection of outputs is prepared by itself; clients could think of very many.
_MOST_CALLS = 64
# Stands where a time limit would: no limit holds there.
_IN_CALLERS_THREAD = -1


@dataclass(frozen=True)
class LoadOptions:
    """How SavedModels are loaded.

    Attributes:
        tags: The tags of the graph to load.
        session: TensorFlow's options for the session.
        limits: For which time limits calls are prepared.
    """

    tags: tuple[str, ...] = (SERVE_TAG,)
    session: config_pb2.ConfigProto = field(default_factory=session_options)
    limits: Limits = field(default_factory=Limits)


class ServableModel:
    """A SavedModel in memory.

    Attributes:
        signatures: The signatures that can be called, by name.
        signature_defs: All signatures as they are stored, for the metadata calls.
    """

    def __init__(self, path: Path, options: LoadOptions | None = None) -> None:
        """Loads a version folder.

        Raises:
            ServingError: The folder holds no SavedModel with the wanted tags.
            Exception: Whatever TensorFlow raises for a broken model.
        """
        options = options or LoadOptions()
        meta_graph = _read_meta_graph(path, options.tags)
        # Copies: a part of a message keeps the whole of it, graph included, in memory.
        self.signature_defs: Mapping[str, meta_graph_pb2.SignatureDef] = {
            name: _copy(stored) for name, stored in meta_graph.signature_def.items()
        }
        self.signatures = {
            name: to_signature(name, definition)
            for name, definition in self.signature_defs.items()
            if name != _INIT_SIGNATURE
        }
        loops = GraphLoops(meta_graph.graph_def)
        # TensorFlow reads the graph once more: not both in memory at the same time.
        del meta_graph
        self._paces = {
            name: Pace(bounded=not loops.behind(spec.tensor_name for spec in its.outputs.values()))
            for name, its in self.signatures.items()
        }
        self._runtime = Runtime(path, options.tags, options.session)
        self._calls = PreparedCalls(self._prepare, _MOST_CALLS)
        self._limits = options.limits

    def run(
        self,
        signature: Signature,
        inputs: Mapping[str, np.ndarray[Any, Any]],
        outputs: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        at_once: bool = False,
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Calls a signature.

        Args:
            signature: One of `signatures`.
            inputs: One array for each input alias.
            outputs: The aliases of the outputs that are wanted; none means all of them.
            timeout_s: When to give up, seconds; None is never.
            at_once: Whether the caller has no time to wait.

        Returns:
            One array for each wanted output; strings are arrays of `bytes` objects.

        Raises:
            ServingError: The model refused the inputs or failed, or the time was up.
            MustWaitError: The call may take longer than the caller has.
        """
        if timeout_s is not None and timeout_s <= 0:
            raise too_late()
        try:
            wanted = tuple(outputs) or tuple(signature.outputs)
            arrays = [inputs[alias] for alias in signature.inputs]
            results = self._run_here(signature.name, wanted, arrays, prepare=not at_once)
            if results is None and at_once:
                raise MustWaitError
            if results is None:
                results = self._run_in_pool(signature.name, wanted, arrays, timeout_s)
            return dict(zip(wanted, map(_as_array, results), strict=True))
        except OpError as error:
            raise ServingError.of(Code.from_number(error.error_code), error.message) from error
        except (TypeError, ValueError) as error:
            # TensorFlow's way to say that a shape or a type does not fit.
            raise ServingError.of(Code.INVALID_ARGUMENT, str(error)) from error

    def _run_here(
        self, name: str, outputs: tuple[str, ...], arrays: Arrays, *, prepare: bool
    ) -> Arrays | None:
        """Runs a signature in the caller's thread if it is short; returns None if it may not be."""
        pace, size = self._paces[name], _size(arrays)
        if not pace.is_quick(size):
            return None
        key = (name, outputs, _IN_CALLERS_THREAD)
        call = self._calls.get_unless_busy(key, prepare=prepare)
        if call is None:
            return None
        stopwatch = pace.watch()
        results = call(*arrays)
        pace.note(size, waited=stopwatch.waited(), worked=stopwatch.worked())
        return results

    def _run_in_pool(
        self, name: str, outputs: tuple[str, ...], arrays: Arrays, timeout_s: float | None
    ) -> Arrays:
        call = self._calls.get((name, outputs, self._limits.limit_ms(timeout_s)))
        stopwatch = Stopwatch()
        results = call(*arrays)
        waited = stopwatch.waited()
        self._paces[name].note(_size(arrays), waited=waited)
        check_in_time(waited, timeout_s)
        return results

    def close(self) -> None:
        """Frees the model's memory. Nothing may be running."""
        self._calls.clear()
        self._runtime.close()

    def _prepare(self, key: tuple[str, tuple[str, ...], int]) -> Callable[..., Arrays]:
        name, outputs, limit = key
        signature = self.signatures[name]
        return self._runtime.function(
            [spec.tensor_name for spec in signature.inputs.values()],
            [signature.outputs[alias].tensor_name for alias in outputs],
            max(limit, NO_LIMIT_MS),
            in_callers_thread=limit == _IN_CALLERS_THREAD,
        )


def _read_meta_graph(path: Path, tags: Sequence[str]) -> meta_graph_pb2.MetaGraphDef:
    file = path / "saved_model.pb"
    if not file.is_file():
        raise ServingError.of(Code.NOT_FOUND, f"Could not find SavedModel .pb at: {path}")
    saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == set(tags):
            return meta_graph
    raise ServingError.of(
        Code.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {' '.join(tags)} }} in {path}",
    )


def _as_array(result: np.ndarray[Any, Any] | bytes) -> np.ndarray[Any, Any]:
    # A session gives a single text as it is.
    return np.array(result, dtype=object) if isinstance(result, bytes) else result


def _size(arrays: Iterable[np.ndarray[Any, Any]]) -> int:
    """Returns the bytes of some arrays; of texts, those of the texts as well."""
    size = 0
    for array in arrays:
        size += array.nbytes
        if array.dtype.hasobject:
            size += sum(map(len, array.ravel().tolist()))
    return size


def _copy(definition: meta_graph_pb2.SignatureDef) -> meta_graph_pb2.SignatureDef:
    copy = meta_graph_pb2.SignatureDef()
    copy.CopyFrom(definition)
    return copy


def to_signature(name: str, definition: meta_graph_pb2.SignatureDef) -> Signature:
    """Returns a stored signature as calls see it."""
    return Signature(
        name=name,
        inputs=_to_specs(definition.inputs),
        outputs=_to_specs(definition.outputs),
        method_name=definition.method_name,
        defaults={alias: MakeNdarray(proto) for alias, proto in definition.defaults.items()},
    )


def _to_specs(infos: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, TensorSpec]:
    # Sorted: a protobuf map has another order in every process.
    return {alias: _to_spec(alias, infos[alias]) for alias in sorted(infos)}


def _to_spec(alias: str, info: meta_graph_pb2.TensorInfo) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(int(dim.size) for dim in shape.dim)
    return TensorSpec(alias, dtype_name(info.dtype), sizes, info.name)
