"""TensorFlow Data Validation without TensorFlow: statistics read, schemas inferred, data judged.

The package's own functions hand serialized messages to its C++ library and parse the answer. What
they import on the way, TensorFlow and Beam, costs four seconds and half a gigabyte, and the library
needs none of it: here it is loaded alone. The answers are TFDV's, byte for byte. Source:
`tensorflow_data_validation/api/validation_api.py` of TFDV 1.21.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from importlib.machinery import PathFinder
from typing import Any, TypeAlias

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

# What StatisticsGen calls the statistics of a split.
STATISTICS_FILE = "FeatureStats.pb"
_LIBRARY = "tensorflow_data_validation.pywrap.tensorflow_data_validation_extension"
_ALL_EXAMPLES = "All Examples"
# A text feature with more values than these is no category. TFDV's own default.
_MOST_CATEGORIES = 100

StatisticsList: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def read_statistics(split_uri: str) -> StatisticsList:
    """Reads the statistics of one split (a local folder or any URI that TFX can read)."""
    from tfx.dsl.io import fileio

    with fileio.open(f"{split_uri}/{STATISTICS_FILE}", "rb") as file:
        return StatisticsList.FromString(file.read())


def infer_schema(statistics: StatisticsList, *, infer_shapes: bool) -> schema_pb2.Schema:
    """Infers a schema that the statistics fit, as `tfdv.infer_schema` does.

    Args:
        statistics: Of one set of examples.
        infer_shapes: Whether a feature that always has one value is inferred as dense.

    Raises:
        ValueError: The statistics are of several slices, and none of them has all examples.
    """
    inferred = _library().InferSchema(_values_of(statistics), _MOST_CATEGORIES, infer_shapes)
    return schema_pb2.Schema.FromString(inferred)


def update_schema(schema: schema_pb2.Schema, statistics: StatisticsList) -> schema_pb2.Schema:
    """Returns the schema, changed until the statistics fit, as `tfdv.update_schema` does.

    Raises:
        ValueError: The statistics are of several slices, and none of them has all examples.
    """
    updated = _library().UpdateSchema(
        schema.SerializeToString(), _values_of(statistics), _MOST_CATEGORIES
    )
    return schema_pb2.Schema.FromString(updated)


def validate_statistics(
    statistics: StatisticsList,
    schema: schema_pb2.Schema,
    environment: str | None = None,
    previous: StatisticsList | None = None,
    serving: StatisticsList | None = None,
) -> anomalies_pb2.Anomalies:
    """Holds statistics against a schema, as `tfdv.validate_statistics` does.

    Args:
        statistics: Of one set of examples.
        schema: What they should fit.
        environment: One of the schema's environments; None for what holds in all.
        previous: Statistics of earlier data, for the schema's drift comparators.
        serving: Statistics of served data, for the schema's skew comparators.

    Raises:
        ValueError: The schema has no such environment, or some statistics are of several slices and
            none of them has all examples.
    """
    if environment is not None and environment not in schema.default_environment:
        raise ValueError(f"Environment {environment} not found in the schema.")
    anomalies = _library().ValidateFeatureStatistics(
        _dataset(statistics).SerializeToString(),
        schema.SerializeToString(),
        (environment or "").encode(),
        _serialized(previous),
        _serialized(serving),
        b"",  # of the version before
        b"",  # the features that are needed: all
        b"",  # its options: the defaults
        False,  # no comparison of the schema with one that would fit
    )
    return anomalies_pb2.Anomalies.FromString(anomalies)


def _values_of(statistics: StatisticsList) -> bytes:
    """Returns what a schema can be learned from: composed features have no values of their own."""
    dataset = statistics_pb2.DatasetFeatureStatistics()
    dataset.CopyFrom(_dataset(statistics))
    features = [feature for feature in dataset.features if feature.WhichOneof("stats")]
    del dataset.features[:]
    dataset.features.extend(features)
    return bytes(dataset.SerializeToString())


def _serialized(statistics: StatisticsList | None) -> bytes:
    return b"" if statistics is None else bytes(_dataset(statistics).SerializeToString())


def _dataset(statistics: StatisticsList) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the statistics of all examples."""
    if len(statistics.datasets) == 1:
        return statistics.datasets[0]
    for dataset in statistics.datasets:
        if dataset.name == _ALL_EXAMPLES:
            return dataset
    raise ValueError(
        f"{len(statistics.datasets)} datasets in the statistics, and none is {_ALL_EXAMPLES!r}"
    )


@functools.cache
def _library() -> Any:
    """Loads the C++ library as what it is, without what the packages around it import."""
    if _LIBRARY not in sys.modules:
        spec, places = None, None
        parts = _LIBRARY.split(".")
        for end in range(1, len(parts) + 1):
            spec = PathFinder.find_spec(".".join(parts[:end]), places)
            places = spec.submodule_search_locations if spec else []
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"there is no {_LIBRARY}", name=_LIBRARY)
        module = importlib.util.module_from_spec(spec)
        sys.modules[_LIBRARY] = module
        spec.loader.exec_module(module)
    return sys.modules[_LIBRARY].validation
