"""Execution of ExampleGen: TFX's readers, then a count of what they wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apache_beam as beam
import tensorflow as tf
from tfx.components.example_gen import base_example_gen_executor
from tfx.components.example_gen.csv_example_gen import executor as csv_executor
from tfx.components.example_gen.custom_executors import parquet_executor
from tfx.components.example_gen.import_example_gen import executor as import_executor
from tfx.types import artifact_utils, standard_component_specs
from typing_extensions import override

from components.artifact_properties import ROWS as ROWS_PROPERTY
from components.example_gen.parquet_rows import to_example

if TYPE_CHECKING:
    from tfx import types


class EmptySplitError(ValueError):
    """A split has no rows, so that training or evaluation on it would mean nothing.

    Attributes:
        rows: Rows of each split.
    """

    def __init__(self, rows: dict[str, int]) -> None:
        self.rows = rows
        empty = ", ".join(sorted(split for split, count in rows.items() if count == 0))
        super().__init__(
            f"no rows in split {empty} (rows: {rows}); "
            "add data, or give the split more hash buckets in data.splits"
        )


class _CountsRows(base_example_gen_executor.BaseExampleGenExecutor):
    """Records the rows of each split on the Examples artifact, and refuses an empty split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads the files, writes the splits and counts them.

        Raises:
            EmptySplitError: A split has no rows.
        """
        super().Do(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.EXAMPLES_KEY]
        )
        rows = {
            split: _count_records(artifact_utils.get_split_uri([examples], split))
            for split in artifact_utils.decode_split_names(examples.split_names)
        }
        if not all(rows.values()):
            raise EmptySplitError(rows)
        examples.set_string_custom_property(ROWS_PROPERTY, json.dumps(rows))


class CsvExecutor(_CountsRows, csv_executor.Executor):
    """Reads CSV files with a header."""


class ParquetExecutor(_CountsRows, parquet_executor.Executor):
    """Reads Parquet files."""

    @override
    def GetInputSourceToExamplePTransform(self) -> Any:
        return _parquet_to_examples


@beam.ptransform_fn
@beam.typehints.with_input_types(beam.Pipeline)
@beam.typehints.with_output_types(tf.train.Example)
def _parquet_to_examples(
    pipeline: beam.Pipeline, exec_properties: dict[str, Any], split_pattern: str
) -> beam.pvalue.PCollection:
    folder = exec_properties[standard_component_specs.INPUT_BASE_KEY]
    rows = pipeline | "ReadFromParquet" >> beam.io.ReadFromParquet(f"{folder}/{split_pattern}")
    return rows | "ToExample" >> beam.Map(to_example)


class TFRecordExecutor(_CountsRows, import_executor.Executor):
    """Reads TFRecord files of tf.Example."""


def _count_records(split_uri: str) -> int:
    files = tf.io.gfile.glob(f"{split_uri}/*")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    return int(records.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1).numpy())
