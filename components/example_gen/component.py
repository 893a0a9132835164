"""Interface of ExampleGen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.proto import example_gen_pb2
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.example_gen.driver import Driver
from components.example_gen.source import Format, source_of
from components.executor_specs import ExecutorAt

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_TYPES: Mapping[str, str] = {}


class ExampleGenSpec(ComponentSpec):
    """Parameters of ExampleGen: those of TFX's file-based one, and what is ours."""

    PARAMETERS: ClassVar = {
        **standard_component_specs.FileBasedExampleGenSpec.PARAMETERS,
        "data_format": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str, optional=True),
        # JSON objects, type by column.
        "column_types": ExecutionParameter(type=str),
        "schema_types": ExecutionParameter(type=str),
        # The span that has been decided, where the data comes in spans.
        "span": ExecutionParameter(type=int, optional=True),
        "version": ExecutionParameter(type=int, optional=True),
    }
    INPUTS: ClassVar[dict[str, ChannelParameter]] = {}
    OUTPUTS: ClassVar = {"examples": ChannelParameter(type=standard_artifacts.Examples)}


class ExampleGen(base_component.BaseComponent):
    """Reads CSV, Parquet or TFRecord files into splits of tf.Example.

    A row's split is decided by a hash of its content, so the same row always lands in the same
    split. The driver fingerprints the files: a changed file is new data.

    Args:
        path: A folder, a file, or a glob; a path or a URI.
        data_format: Format of those files.
        splits: Hash buckets of each split: `{"train": 2, "eval": 1}` puts two thirds in train.
        label: Column that every row needs to have a value in, or None.
        column_types: Declared types of CSV columns: `int`, `float` or `text`.
        schema_types: Types that the curated schema gives to columns; declared ones win.
        span: Number of the span that the files are; None where the data does not come in spans.
        version: Version of that span, or None.
    """

    SPEC_CLASS = ExampleGenSpec
    EXECUTOR_SPEC = ExecutorAt("components.example_gen.executor.Executor")
    DRIVER_CLASS = Driver

    def __init__(
        self,
        path: str,
        data_format: Format,
        splits: Mapping[str, int],
        label: str | None = None,
        column_types: Mapping[str, str] = _NO_TYPES,
        schema_types: Mapping[str, str] = _NO_TYPES,
        span: int | None = None,
        version: int | None = None,
    ) -> None:
        source = source_of(path, data_format)
        spec = ExampleGenSpec(
            input_base=source.base,
            input_config=example_gen_pb2.Input(
                splits=[example_gen_pb2.Input.Split(name="all", pattern=source.pattern)]
            ),
            output_config=_output_config(splits),
            output_data_format=example_gen_pb2.FORMAT_TF_EXAMPLE,
            output_file_format=example_gen_pb2.FORMAT_TFRECORDS_GZIP,
            data_format=data_format,
            label=label,
            column_types=json.dumps(dict(column_types), sort_keys=True),
            schema_types=json.dumps(dict(schema_types), sort_keys=True),
            span=span,
            version=version,
            examples=types.Channel(type=standard_artifacts.Examples),
        )
        super().__init__(spec=spec)


def _output_config(splits: Mapping[str, int]) -> Any:
    return example_gen_pb2.Output(
        split_config=example_gen_pb2.SplitConfig(
            splits=[
                example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=buckets)
                for name, buckets in splits.items()
            ]
        )
    )
