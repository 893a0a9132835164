"""Driver of ExampleGen: what TFX's cache must know of the input files.

It runs before the cache is asked, also in a process without TensorFlow. Which span to read has been
decided before (`components.example_gen.spans`).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from tfx.dsl.components.base import base_driver as dsl_base_driver
from tfx.orchestration import data_types_utils
from tfx.orchestration.portable import base_driver
from tfx.proto import example_gen_pb2
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import standard_component_specs as names

from components.artifact_properties import INPUT_FINGERPRINT, SPAN, VERSION
from components.example_gen.findings import Findings
from components.example_gen.input_files import find_files, fingerprint_of
from components.example_gen.overlooked import report_overlooked
from components.gates import DataRefusedError, Verdict

if TYPE_CHECKING:
    from tfx.orchestration.portable import data_types

    from components.example_gen.input_files import InputFile
    from components.example_gen.source import Format


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
        properties = {INPUT_FINGERPRINT: input_fingerprint(parameters)}
        for name in (SPAN, VERSION):
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
        parameters: ExampleGen's: `input_base`, `input_config` and `data_format`.

    Raises:
        NoInputError: No file matches.
        DataRefusedError: A file is not read that looks like one to read.
    """
    base = parameters[names.INPUT_BASE_KEY]
    config = example_gen_pb2.Input()
    json_format.Parse(parameters[names.INPUT_CONFIG_KEY], config)
    files = (_files(base, split.pattern, parameters["data_format"]) for split in config.splits)
    return fingerprint_of(file for each in files for file in each)


def _files(base: str, pattern: str, data_format: Format) -> tuple[InputFile, ...]:
    files = find_files(base, pattern, data_format)
    # Here and not in the executor, which does not run when nothing has changed that is read.
    findings = Findings()
    report_overlooked(base, pattern, files, findings)
    findings.refuse_any()
    if not files:
        raise NoInputError(f"{base}/{pattern}")
    return files
