"""Real examples as a client would send them: without the label."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from components.infra_validator.errors import InfraValidationError
from serving.tfrecords import CorruptRecordError, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        InfraValidationError: There is not one example, or a file is damaged.
    """
    records = islice(_records(split_uris), count)
    examples = [_request_example(record, label) for record in records]
    if not examples:
        raise InfraValidationError(
            f"there are no examples in {', '.join(split_uris)}, so a model cannot be tried; "
            "give the eval split more hash buckets in data.splits, or add data",
            subject=", ".join(split_uris),
        )
    return examples


def _records(split_uris: Sequence[str]) -> Iterator[bytes]:
    from tfx.dsl.io import fileio

    for path in sorted(path for uri in split_uris for path in fileio.glob(f"{uri}/*")):
        with fileio.open(path, "rb") as file:
            try:
                yield from (record.content for record in read_records(file))
            except CorruptRecordError as error:
                raise InfraValidationError(
                    f"the examples in {path} are damaged ({error}); remove the file and run again",
                    subject=path,
                ) from error


def _request_example(record: bytes, label: str | None) -> RequestExample:
    from tensorflow.core.example import example_pb2

    example = example_pb2.Example.FromString(record)
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
