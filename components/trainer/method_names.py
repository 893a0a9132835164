"""Says in a SavedModel which of TF Serving's APIs a signature answers.

`tf.saved_model.save` marks every signature as `predict`; TF Serving's classify and regress calls
refuse those. The name is one field of `saved_model.pb`, so it is set there after the save.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MethodName(str, Enum):
    """TF Serving's names. Source: `tensorflow/cc/saved_model/signature_constants.h`."""

    PREDICT = "tensorflow/serving/predict"
    CLASSIFY = "tensorflow/serving/classify"
    REGRESS = "tensorflow/serving/regress"


def set_method_names(saved_model_dir: str, methods: Mapping[str, MethodName]) -> None:
    """Rewrites the method names of some signatures, in one atomic step.

    `fingerprint.pb` hashes the signatures, so it is computed again.

    Args:
        saved_model_dir: Folder of a SavedModel, local or remote.
        methods: Signature key -> method name.

    Raises:
        ValueError: The SavedModel has no such signature.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    # TensorFlow has no public way to compute a fingerprint again.
    from tensorflow.python.saved_model import fingerprinting_utils

    path = f"{saved_model_dir}/saved_model.pb"
    with tf.io.gfile.GFile(path, "rb") as file:
        saved_model = saved_model_pb2.SavedModel.FromString(file.read())
    for key, method in methods.items():
        _set_method_name(saved_model, key, method)
    beside = f"{path}.new"
    with tf.io.gfile.GFile(beside, "wb") as file:
        file.write(saved_model.SerializeToString(deterministic=True))
    tf.io.gfile.rename(beside, path, overwrite=True)
    fingerprinting_utils.write_fingerprint(saved_model_dir)


def _set_method_name(saved_model: object, key: str, method: MethodName) -> None:
    """Sets one name in every meta graph that has the signature."""
    graphs = saved_model.meta_graphs  # type: ignore[attr-defined]  # a protobuf without types
    having = [graph for graph in graphs if key in graph.signature_def]
    if not having:
        known = sorted({name for graph in graphs for name in graph.signature_def})
        raise ValueError(f"the SavedModel has no signature {key!r}; it has {known}")
    for graph in having:
        graph.signature_def[key].method_name = method.value
