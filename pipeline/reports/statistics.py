"""Statistics of the data, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.reports.page import table

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPE = "ExampleStatistics"
COLUMNS = ("feature", "type", "missing", "mean", "deviation", "min", "median", "max", "frequent")
_FREQUENT = 3
_LONGEST_VALUE = 30


def sections(uri: str) -> Iterator[str]:
    """Yields a table for each split.

    Args:
        uri: Folder of an `ExampleStatistics` artifact.
    """
    from tfx.dsl.io import fileio

    from components.data_validation import STATISTICS_FILE, read_statistics

    for path in sorted(map(str, fileio.glob(f"{uri}/Split-*/{STATISTICS_FILE}"))):
        folder = path.rpartition("/")[0]
        split = folder.rpartition("/")[2].removeprefix("Split-")
        for dataset in read_statistics(folder).datasets:
            title = f"Statistics of {split}: {dataset.num_examples:,} rows"
            features = sorted(dataset.features, key=_name)
            yield table(title, COLUMNS, [_row(feature) for feature in features])


def _row(feature: Any) -> tuple[str, ...]:
    common = feature.num_stats.common_stats
    if feature.WhichOneof("stats") == "string_stats":
        common = feature.string_stats.common_stats
    of_all = common.num_missing + common.num_non_missing
    missing = f"{common.num_missing / of_all:.1%}" if of_all else ""
    kind = type(feature).Type.Name(feature.type).lower()
    return (_name(feature), kind, missing, *_numbers(feature), _frequent(feature))


def _name(feature: Any) -> str:
    return feature.name or ".".join(feature.path.step)


def _numbers(feature: Any) -> tuple[str, ...]:
    if feature.WhichOneof("stats") != "num_stats":
        return ("",) * 5
    its = feature.num_stats
    return tuple(f"{value:.5g}" for value in (its.mean, its.std_dev, its.min, its.median, its.max))


def _frequent(feature: Any) -> str:
    if feature.WhichOneof("stats") != "string_stats":
        return ""
    values = feature.string_stats.top_values[:_FREQUENT]
    shown = ", ".join(
        f"{value.value[:_LONGEST_VALUE]} ({value.frequency:,.0f})" for value in values
    )
    return f"{shown}; {feature.string_stats.unique:,} different"
