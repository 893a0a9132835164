"""Runs a SavedModel as TensorFlow Serving does: as a graph in a session.

The graph's own operations restore the variables and initialize the tables, so a model works here
exactly if it works there. (`tf.saved_model.load` rebuilds Python objects instead, and repairs
models that TensorFlow Serving cannot run.) A session's callable is also the fastest way to run a
graph from Python: on the taxi model, one example a call, many times as fast as a loaded function.

Importing this module imports TensorFlow: the parts that it names, if `lean_tensorflow` came first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow.core.protobuf import config_pb2

from serving.server import lean_tensorflow

try:
    from tensorflow.python.client.session import Session
    from tensorflow.python.framework.errors_impl import OpError
    from tensorflow.python.framework.ops import Graph
    from tensorflow.python.framework.tensor_util import MakeNdarray
    from tensorflow.python.lib.io._pywrap_record_io import RecordIterator
    from tensorflow.python.saved_model.loader_impl import load
except ImportError:
    # A TensorFlow that arranges its parts in another way: the public API has them all.
    lean_tensorflow.uninstall()
    from tensorflow import make_ndarray as MakeNdarray  # noqa: N812  its name inside TensorFlow
    from tensorflow.compat.v1 import Graph, Session
    from tensorflow.compat.v1.io import tf_record_iterator
    from tensorflow.compat.v1.saved_model import load
    from tensorflow.errors import OpError

    RecordIterator = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np

    Arrays = Sequence[np.ndarray[Any, Any]]

__all__ = ["MakeNdarray", "OpError", "Runtime", "read_records", "session_options"]

_CALLERS_THREAD = -1


def session_options() -> config_pb2.ConfigProto:
    """Returns the options of a session that has no configuration file.

    Calls of functions are replaced by what the functions hold: on the taxi model, whose signatures
    call what Transform and Keras made, this takes a third off a run.
    """
    options = config_pb2.ConfigProto()
    options.graph_options.optimizer_options.do_function_inlining = True
    return options


class Runtime:
    """A graph with its variables in memory.

    Args:
        path: Folder of the SavedModel.
        tags: Tags of the graph to load.
        config: TensorFlow's options for the session.

    Raises:
        Exception: Whatever TensorFlow raises for a broken model.
    """

    def __init__(
        self, path: Path, tags: Sequence[str], config: config_pb2.ConfigProto | None = None
    ) -> None:
        graph = Graph()
        self._session: Any = Session(graph=graph, config=config)
        try:
            with graph.as_default():
                load(self._session, list(tags), str(path))
        except BaseException:
            self._session.close()
            raise

    def function(
        self,
        inputs: Sequence[str],
        outputs: Sequence[str],
        limit_ms: int = 0,
        *,
        in_callers_thread: bool = False,
    ) -> Callable[..., Arrays]:
        """Returns what computes some tensors from others.

        Args:
            inputs: Names of the tensors to feed.
            outputs: Names of the tensors to fetch.
            limit_ms: The longest time that a call may take, milliseconds; 0 is any.
            in_callers_thread: Whether calls run where they are made: eight times as fast for the
                shortest ones, but operations do not run side by side, and no limit holds.

        Returns:
            A function of one array for each input; it returns one array for each output (strings
            are arrays of `bytes` objects) and raises `OpError`.
        """
        # Private, and many times as fast as the public method, which goes through `Session.run`.
        make = getattr(self._session, "_make_callable_from_options", None)
        function: Callable[..., Arrays] = (
            make(
                config_pb2.CallableOptions(
                    feed=inputs,
                    fetch=outputs,
                    run_options=config_pb2.RunOptions(
                        timeout_in_ms=limit_ms,
                        inter_op_thread_pool=_CALLERS_THREAD if in_callers_thread else 0,
                    ),
                )
            )
            if make
            else self._session.make_callable(list(outputs), list(inputs))
        )
        return function

    def close(self) -> None:
        """Frees the memory. Nothing may be running."""
        self._session.close()


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the records of a TFRecord file.

    Raises:
        OpError: DATA_LOSS when the file is something else.
    """
    records = (
        tf_record_iterator(str(path)) if RecordIterator is None else (RecordIterator(str(path), ""))
    )
    yield from records
