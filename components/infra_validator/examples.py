"""Real examples as a client would send them: without the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.infra_validator.errors import InfraValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.infra_validator.rows import Feature


@dataclass(frozen=True)
class RequestExample:
    """One example.

    Attributes:
        serialized: The tf.Example, serialized.
        features: Its values by feature; a feature without values is left out.
    """

    serialized: bytes
    features: dict[str, Feature]


def read_examples(split_uris: Sequence[str], count: int, label: str | None) -> list[RequestExample]:
    """Reads the first examples of a split.

    Args:
        split_uris: Folders of gzipped TFRecord files of tf.Example.
        count: How many to read.
        label: Feature to remove, if any.

    Raises:
        InfraValidationError: There is not one example.
    """
    import tensorflow as tf

    files = sorted(file for uri in split_uris for file in tf.io.gfile.glob(f"{uri}/*"))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").take(count)
    examples = [_request_example(record, label) for record in records.as_numpy_iterator()]
    if not examples:
        raise InfraValidationError(
            f"there are no examples in {', '.join(split_uris)}, so a model cannot be tried; "
            "give the eval split more hash buckets in data.splits, or add data",
            subject=", ".join(split_uris),
        )
    return examples


def _request_example(record: bytes, label: str | None) -> RequestExample:
    import tensorflow as tf

    example = tf.train.Example.FromString(record)
    if label is not None:
        example.features.feature.pop(label, None)
    values = {name: _values(feature) for name, feature in example.features.feature.items()}
    return RequestExample(
        serialized=example.SerializeToString(deterministic=True),
        features={name: found for name, found in values.items() if found},
    )


def _values(feature: Any) -> list[Any]:
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else []
