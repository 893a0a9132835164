"""What a SavedModel says of its signatures where `tf.saved_model.save` leaves no choice.

It marks every signature as `predict`, which TF Serving's classify and regress calls refuse, and
names inputs as the arguments of a Python function. Both are fields of `saved_model.pb`, so they are
set there after the save.
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class MethodName(str, Enum):
    """TF Serving's names. Source: `tensorflow/cc/saved_model/signature_constants.h`."""

    PREDICT = "tensorflow/serving/predict"
    CLASSIFY = "tensorflow/serving/classify"
    REGRESS = "tensorflow/serving/regress"


class SignatureDefs:
    """The signatures of a SavedModel that is being edited.

    Args:
        saved_model: A `SavedModel` message.
    """

    def __init__(self, saved_model: Any) -> None:
        self._graphs = list(saved_model.meta_graphs)

    def set_method_name(self, key: str, method: MethodName) -> None:
        """Says which of TF Serving's APIs a signature answers.

        Raises:
            ValueError: The SavedModel has no such signature.
        """
        for signature in self._having(key):
            signature.method_name = method.value

    def rename_inputs(self, key: str, arguments: Mapping[str, str]) -> None:
        """Gives inputs of a signature, which are named as arguments, the names callers use.

        Args:
            key: The signature.
            arguments: Name to give -> name of the argument, for all inputs.

        Raises:
            ValueError: The SavedModel has no such signature.
        """
        for signature in self._having(key):
            inputs = {name: _copy(signature.inputs[its]) for name, its in arguments.items()}
            signature.inputs.clear()
            for name, tensor in inputs.items():
                signature.inputs[name].CopyFrom(tensor)

    def _having(self, key: str) -> list[Any]:
        """Returns the signature in every meta graph that has it."""
        having = [graph for graph in self._graphs if key in graph.signature_def]
        if not having:
            known = sorted({name for graph in self._graphs for name in graph.signature_def})
            raise ValueError(f"the SavedModel has no signature {key!r}; it has {known}")
        return [graph.signature_def[key] for graph in having]


@contextmanager
def edited_signatures(saved_model_dir: str) -> Iterator[SignatureDefs]:
    """Gives the signatures of a SavedModel and writes them back, in one atomic step.

    `fingerprint.pb` hashes the signatures, so it is computed again.

    Args:
        saved_model_dir: Folder of a SavedModel, local or remote.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    # TensorFlow has no public way to compute a fingerprint again.
    from tensorflow.python.saved_model import fingerprinting_utils

    path = f"{saved_model_dir}/saved_model.pb"
    with tf.io.gfile.GFile(path, "rb") as file:
        saved_model = saved_model_pb2.SavedModel.FromString(file.read())
    yield SignatureDefs(saved_model)
    beside = f"{path}.new"
    with tf.io.gfile.GFile(beside, "wb") as file:
        file.write(saved_model.SerializeToString(deterministic=True))
    tf.io.gfile.rename(beside, path, overwrite=True)
    fingerprinting_utils.write_fingerprint(saved_model_dir)


def _copy(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
