"""What an evaluation needs of a model: its signatures, and whether two models can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.evaluator.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.saved_model import Signature, Tensor

TRANSFORM_SIGNATURE = "transform_features"


@dataclass(frozen=True)
class Asked:
    """What is asked of every model.

    Attributes:
        signature: Name of the signature that predicts.
        label: Name of the transformed label.
    """

    signature: str
    label: str


def check_candidate(signatures: Mapping[str, Signature], asked: Asked) -> None:
    """Raises EvaluationError if a model does not have what is asked of it.

    Args:
        signatures: The model's, by name.
        asked: What the evaluation asks.
    """
    problem = _problem(signatures, asked)
    if problem:
        raise EvaluationError(problem)


def why_not_comparable(
    baseline: Mapping[str, Signature],
    candidate: Mapping[str, Signature],
    asked: Asked,
) -> str:
    """Returns why a baseline cannot be compared with a candidate; empty if it can.

    Args:
        baseline: Its signatures by name; empty for a model that is not there.
        candidate: Likewise, of a model that has what is asked.
        asked: What the evaluation asks of both.
    """
    problem = _problem(baseline, asked)
    if problem:
        return problem
    theirs, ours = (
        {
            **each[asked.signature].outputs,
            asked.label: each[TRANSFORM_SIGNATURE].outputs[asked.label],
        }
        for each in (baseline, candidate)
    )
    for name in sorted(theirs.keys() ^ ours.keys()):
        whose = "it gives" if name in theirs else "the new model gives"
        return f"{whose} {name!r} and the other one does not"
    for name, output in sorted(ours.items()):
        if theirs[name] != output:
            return f"its {name!r} is {_shown(theirs[name])}, the new model's {_shown(output)}"
    return ""


def _problem(signatures: Mapping[str, Signature], asked: Asked) -> str:
    if asked.signature not in signatures:
        return (
            f"the model has no signature {asked.signature!r}, but {_listed(signatures)}; "
            "correct evaluator.signature"
        )
    if TRANSFORM_SIGNATURE not in signatures:
        return (
            f"the model has no signature {TRANSFORM_SIGNATURE!r}, which gives the label, but "
            f"{_listed(signatures)}; export it with keras_toolkit.export_model"
        )
    features = signatures[TRANSFORM_SIGNATURE].outputs
    if asked.label not in features:
        return (
            f"the label {asked.label!r} is not among the transformed features, which are "
            f"{_listed(features)}; let preprocessing_fn return it, or correct transform.label"
        )
    return ""


def _listed(names: Mapping[str, object]) -> str:
    # Names in underscores are TensorFlow's own.
    return ", ".join(sorted(name for name in names if not name.startswith("__"))) or "none"


def _shown(output: Tensor) -> str:
    sizes = "any shape" if output.shape is None else list(output.shape)
    return f"{output.dtype} {sizes}"
