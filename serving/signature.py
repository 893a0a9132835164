"""What a model's signature takes and gives, free of TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREDICT_METHOD = "tensorflow/serving/predict"
CLASSIFY_METHOD = "tensorflow/serving/classify"
REGRESS_METHOD = "tensorflow/serving/regress"
DEFAULT_SIGNATURE = "serving_default"
# Takes the plain values of a row, where the default one takes tf.Examples.
ROWS_SIGNATURE = "serving_rows"


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a signature.

    Attributes:
        alias: The name by which clients know the tensor.
        dtype: TensorFlow's name of the type: "float", "int64", "string", ...
        shape: Sizes, -1 where any size goes; None when the rank is unknown.
        tensor_name: The tensor's name in the model's graph.
    """

    alias: str
    dtype: str
    shape: tuple[int, ...] | None = None
    tensor_name: str = ""


@dataclass(frozen=True)
class Signature:
    """One way to call a model: named tensors in, named tensors out.

    Attributes:
        name: Its name.
        inputs: The inputs, by alias.
        outputs: The outputs, by alias.
        method_name: What kind of call it was made for.
        defaults: Arrays for inputs that a request may leave out, by alias.
    """

    name: str
    inputs: dict[str, TensorSpec] = field(default_factory=dict)
    outputs: dict[str, TensorSpec] = field(default_factory=dict)
    method_name: str = PREDICT_METHOD
    defaults: Mapping[str, Any] = field(default_factory=dict)


def shape_text(sizes: Iterable[int]) -> str:
    """Returns a shape as TensorFlow writes it: [2,3]."""
    return "[" + ",".join(map(str, sizes)) + "]"
