"""Schema environments: the label is there in training and absent in serving.

Source: TensorFlow Metadata, `schema.proto`, `default_environment` and `not_in_environment`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from components.schema_artifact import SERVING, TRAINING

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


class UnknownLabelError(ValueError):
    """The configured label is not a feature of the data.

    Attributes:
        label: The name that was asked for.
        features: The names that there are.
    """

    def __init__(self, label: str, features: list[str]) -> None:
        self.label = label
        self.features = features
        nearest = difflib.get_close_matches(label, features, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; features: {features}"
        super().__init__(f"data.label names {label!r}, which is not a feature of the data{hint}")


def add_environments(schema: schema_pb2.Schema, label: str | None) -> None:
    """Declares TRAINING and SERVING in place, with the label in every row of TRAINING only.

    A schema that is inferred from rows of which some lack the label would else say that this is
    how rows are, and the data gate would let them pass.

    Args:
        schema: The schema to change.
        label: Raw label feature, or None when there is none.

    Raises:
        UnknownLabelError: The schema has no such feature.
    """
    for environment in (TRAINING, SERVING):
        if environment not in schema.default_environment:
            schema.default_environment.append(environment)
    if label is None:
        return
    feature = next((f for f in schema.feature if f.name == label), None)
    if feature is None:
        raise UnknownLabelError(label, [f.name for f in schema.feature])
    if SERVING not in feature.not_in_environment:
        feature.not_in_environment.append(SERVING)
    _require(feature)


def _require(feature: schema_pb2.Feature) -> None:
    """Demands a value in every row: a row may also have the feature and no value in it."""
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = max(feature.presence.min_count, 1)
    if not feature.HasField("shape"):
        feature.value_count.min = max(feature.value_count.min, 1)
