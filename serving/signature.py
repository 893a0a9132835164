"""What a model's signature takes and gives, free of TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field

PREDICT_METHOD = "tensorflow/serving/predict"
DEFAULT_SIGNATURE = "serving_default"


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
    """One way to call a model: named tensors in, named tensors out."""

    name: str
    inputs: dict[str, TensorSpec] = field(default_factory=dict)
    outputs: dict[str, TensorSpec] = field(default_factory=dict)
    method_name: str = PREDICT_METHOD
