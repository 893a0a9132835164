"""A pipeline compiled before its spans are known, and how a run fills them in.

How many spans there are, and which, is known only when a run starts, but what was compiled must not
change any more. So the nodes of the newest span and those of one that stands for all older ones are
compiled, and a run repeats the latter for each older span that it uses, or leaves them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from tfx.proto import example_gen_pb2
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2
from tfx.types import standard_component_specs as names
from tfx.utils import proto_utils

from components.example_gen.source import source_of
from components.example_gen.spans import Span
from pipeline import node_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.example_gen.source import Format
    from components.example_gen.window import Window

# Packed inside messages of other types; json_format finds a type only once it is imported.
_PACKED_TYPES = (
    executable_spec_pb2.BeamExecutableSpec,
    executable_spec_pb2.PythonClassExecutableSpec,
)
# TFX orders nodes by id: those of older spans come first, as they do when spans are known.
_OLDER, _NEWEST = -1, -2
UNKNOWN_DATA = "/unknown-until-the-run/*"
_EXAMPLE_GEN = "ExampleGen"


def template_spans(window: Window) -> tuple[Span, ...]:
    """Returns spans to compile with, in the place of those that a run will use."""
    numbers = (_NEWEST,) if window == 1 else (_OLDER, _NEWEST)
    return tuple(Span(number, None, UNKNOWN_DATA) for number in numbers)


def fill_in(template: Any, spans: Sequence[Span]) -> Any:
    """Returns the pipeline, or the part of it, with the nodes of a run's spans.

    Args:
        template: A `tfx.orchestration.Pipeline` message, compiled with `template_spans`.
        spans: The window of the run, oldest first; empty where the data does not come in spans.
    """
    if not spans:
        return template
    older, newest = [span.number for span in spans[:-1]], spans[-1].number
    fields = json_format.MessageToDict(template, preserving_proto_field_name=True)
    return json_format.ParseDict(_Filling(older, newest).of(fields), pipeline_pb2.Pipeline())


def point_at_data(pipeline_ir: Any, path: str, spans: Sequence[Span], data_format: Format) -> None:
    """Tells each ExampleGen, in place, what it reads in this run.

    Args:
        pipeline_ir: A `tfx.orchestration.Pipeline` message, with the run's spans filled in.
        path: Folder, file or glob of data that does not come in spans.
        spans: The window of the run.
        data_format: Format of the files.
    """
    by_number = {span.number: span for span in spans}
    for node in (node.pipeline_node for node in pipeline_ir.nodes):
        if node_ids.kind_of(node.node_info.id) != _EXAMPLE_GEN:
            continue
        number = node_ids.span_in(node.node_info.id)
        parameters = node.parameters.parameters
        source = source_of(path if number is None else by_number[number].path, data_format)
        split = example_gen_pb2.Input.Split(name="all", pattern=source.pattern)
        config = proto_utils.proto_to_json(example_gen_pb2.Input(splits=[split]))
        parameters[names.INPUT_BASE_KEY].field_value.string_value = source.base
        parameters[names.INPUT_CONFIG_KEY].field_value.string_value = config
        if number is not None:
            parameters["span"].field_value.int_value = number
            if (version := by_number[number].version) is not None:
                parameters["version"].field_value.int_value = version


class _Filling:
    """Rewrites the fields of a message: names of template spans become those of a run's."""

    def __init__(self, older: Sequence[int], newest: int) -> None:
        self._older = older
        self._newest = newest

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._newest_in(new_key): new_item
                for key, item in value.items()
                for new_key, new_item in self._copies(key, item, names_older=_is_older(key))
            }
        if isinstance(value, list):
            return [
                copy
                for item in value
                for _, copy in self._copies("", item, names_older=_is_older(_id_of(item)))
            ]
        return self._newest_in(value) if isinstance(value, str) else value

    def _copies(self, key: str, item: Any, *, names_older: bool) -> list[tuple[str, Any]]:
        if not names_older:
            return [(key, self.of(item))]
        return [(_renamed(key, n), self.of(_renamed(item, n))) for n in self._older]

    def _newest_in(self, text: str) -> str:
        return text.replace(node_ids.of_span("", _NEWEST), node_ids.of_span("", self._newest))


def _id_of(item: Any) -> str:
    """Returns what an entry of a list is about: a text itself, a node by its id."""
    if isinstance(item, str):
        return item
    node = item.get("pipeline_node", {}) if isinstance(item, dict) else {}
    return str(node.get("node_info", {}).get("id", ""))


def _is_older(text: str) -> bool:
    return node_ids.of_span("", _OLDER) in text


def _renamed(value: Any, number: int) -> Any:
    """Returns a value whose names of the older template span are those of a span."""
    if isinstance(value, dict):
        return {_renamed(key, number): _renamed(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, number) for item in value]
    if isinstance(value, str):
        return value.replace(node_ids.of_span("", _OLDER), node_ids.of_span("", number))
    return value
