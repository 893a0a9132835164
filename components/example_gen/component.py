"""Interface of ExampleGen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx import types
from tfx.components.example_gen import driver
from tfx.dsl.components.base import base_beam_component
from tfx.proto import example_gen_pb2
from tfx.types import standard_artifacts, standard_component_specs

from components.example_gen.source import Format, source_of
from components.executor_specs import beam_executor_at

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXECUTORS = "components.example_gen.executor"
_EXECUTOR_OF_FORMAT: dict[Format, str] = {
    "csv": f"{_EXECUTORS}.CsvExecutor",
    "parquet": f"{_EXECUTORS}.ParquetExecutor",
    "tfrecord": f"{_EXECUTORS}.TFRecordExecutor",
}


class ExampleGen(base_beam_component.BaseBeamComponent):
    """Reads CSV, Parquet or TFRecord files into splits of tf.Example.

    A row's split is decided by a hash of its content, so the same row always lands in the same
    split. TFX's file-based driver fingerprints the files: a changed file is new data.

    Args:
        path: A folder, a file, or a glob.
        data_format: Format of those files.
        splits: Hash buckets of each split: `{"train": 2, "eval": 1}` puts two thirds in train.
    """

    SPEC_CLASS = standard_component_specs.FileBasedExampleGenSpec
    EXECUTOR_SPEC = beam_executor_at(_EXECUTOR_OF_FORMAT["csv"])
    DRIVER_CLASS = driver.FileBasedDriver

    def __init__(self, path: str, data_format: Format, splits: Mapping[str, int]) -> None:
        source = source_of(path, data_format)
        spec = standard_component_specs.FileBasedExampleGenSpec(
            input_base=source.base,
            input_config=example_gen_pb2.Input(
                splits=[example_gen_pb2.Input.Split(name="all", pattern=source.pattern)]
            ),
            output_config=_output_config(splits),
            output_data_format=example_gen_pb2.FORMAT_TF_EXAMPLE,
            output_file_format=example_gen_pb2.FORMAT_TFRECORDS_GZIP,
            examples=types.Channel(type=standard_artifacts.Examples),
        )
        executor = beam_executor_at(_EXECUTOR_OF_FORMAT[data_format])
        super().__init__(spec=spec, custom_executor_spec=executor)


def _output_config(splits: Mapping[str, int]) -> Any:
    return example_gen_pb2.Output(
        split_config=example_gen_pb2.SplitConfig(
            splits=[
                example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=buckets)
                for name, buckets in splits.items()
            ]
        )
    )
