"""Driver of ExampleGen: what TFX's cache must know of the input files.

It runs before the cache is asked, also in a process without TensorFlow. Which span to read has been
decided before (`components.example_gen.spans`).
"""

from __future__ import annotations

import copy
import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from tfx.dsl.components.base import base_driver as dsl_base_driver
from tfx.dsl.io import fileio
from tfx.orchestration import data_types_utils
from tfx.orchestration.portable import base_driver
from tfx.proto import example_gen_pb2
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import standard_component_specs as names

from components.example_gen.fingerprint import FileState, fingerprint
from components.gates import DataRefusedError, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tfx.orchestration.portable import data_types

# As TFX's own ExampleGen calls them.
FINGERPRINT_PROPERTY = "input_fingerprint"
SPAN_PROPERTY = "span"
VERSION_PROPERTY = "version"
_CHUNK_BYTES = 1 << 20


class NoInputError(DataRefusedError):
    """There is no file to read.

    Attributes:
        pattern: Glob of the files.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        headline, advice = f"no file matches {pattern}", "correct data.path, or add the data"
        super().__init__(Verdict(passed=False, headline=headline, advice=advice))


class Driver(base_driver.BaseDriver, dsl_base_driver.BaseDriver):
    """Adds the fingerprint of the files to the parameters, which are part of the cache's key.

    TFX launches the one base, and accepts in a component's interface the other one only.
    """

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the parameters and the Examples artifact, both with span and fingerprint.

        Raises:
            NoInputError: No file matches the input's pattern.
        """
        parameters = execution_info.exec_properties
        properties = {FINGERPRINT_PROPERTY: input_fingerprint(parameters)}
        for name in (SPAN_PROPERTY, VERSION_PROPERTY):
            if parameters.get(name) is not None:
                properties[name] = parameters[name]
        result = driver_output_pb2.DriverOutput()
        for name, value in {**parameters, **properties}.items():
            if value is not None:
                data_types_utils.set_metadata_value(result.exec_properties[name], value)
        artifact = copy.deepcopy(execution_info.output_dict[names.EXAMPLES_KEY][0].mlmd_artifact)
        for name, value in properties.items():
            data_types_utils.set_metadata_value(artifact.custom_properties[name], value)
        result.output_artifacts[names.EXAMPLES_KEY].artifacts.append(artifact)
        return result


def input_fingerprint(parameters: dict[str, Any]) -> str:
    """Returns the fingerprint of the files that ExampleGen's parameters name.

    Args:
        parameters: With `input_base` and `input_config`, as TFX's file-based ExampleGen has them.

    Raises:
        NoInputError: No file matches.
    """
    base = parameters[names.INPUT_BASE_KEY]
    config = example_gen_pb2.Input()
    json_format.Parse(parameters[names.INPUT_CONFIG_KEY], config)
    found = [file for split in config.splits for file in _files(base, split.pattern)]
    return fingerprint(found, lambda name: _chunks(f"{base}/{name}"))


def _files(base: str, pattern: str) -> Iterator[FileState]:
    whole = f"{base}/{pattern}"
    states = _remote_files(whole) if "://" in base else _local_files(whole)
    found = False
    for path, size, modified in states:
        found = True
        yield FileState(path.removeprefix(f"{base}/"), size, modified)
    if not found:
        raise NoInputError(whole)


def _local_files(pattern: str) -> Iterator[tuple[str, int, int]]:
    """Yields path, bytes and time of change of the local files that a glob matches.

    Without TFX's `fileio`, which is TensorFlow's in one process and Python's in another: they read
    `**` differently, and TensorFlow's knows whole seconds only.
    """
    for path in glob.iglob(pattern, recursive=True):  # noqa: PTH207  the pattern is absolute
        if not Path(path).is_dir():
            status = Path(path).stat()
            yield path, status.st_size, status.st_mtime_ns


def _remote_files(pattern: str) -> Iterator[tuple[str, int, int]]:
    for path in map(str, fileio.glob(pattern)):
        status = fileio.stat(path)
        yield path, int(status.length), int(status.mtime_nsec)


def _chunks(path: str) -> Iterator[bytes]:
    with fileio.open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
