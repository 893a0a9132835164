"""YAML texts as plain values, with the line of each value and every problem found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.config.core_schema import TAG, CoreLoader, convert_scalar

if TYPE_CHECKING:
    from pipeline.config.origins import KeyPath


@dataclass(frozen=True)
class YamlProblem:
    """Something wrong in a YAML text: the line, counted from 1, the key's path and what."""

    line: int
    path: KeyPath
    message: str


@dataclass
class YamlDocument:
    """A parsed text.

    Attributes:
        value: The value; None when the text is empty or not YAML at all.
        lines: Line of each key and list item, counted from 1.
        problems: What is wrong with the text.
    """

    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[YamlProblem] = field(default_factory=list)


def parse_document(text: str) -> YamlDocument:
    """Parses a YAML text into plain values; never raises, never constructs an object."""
    document = YamlDocument()
    try:
        root = yaml.compose(text, Loader=CoreLoader)
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(error, text))
        return document
    if root is not None:
        document.value = _construct(root, (), document, ())
    return document


def _construct(
    node: yaml.Node, path: KeyPath, document: YamlDocument, ancestors: tuple[yaml.Node, ...]
) -> Any:
    if any(node is ancestor for ancestor in ancestors):
        _report(document, node, path, "an alias inside what it stands for; write the value out")
        return None
    ancestors = (*ancestors, node)
    if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
        return _construct_mapping(node, path, document, ancestors)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
        return _construct_list(node, path, document, ancestors)
    try:
        if isinstance(node, yaml.ScalarNode):
            return convert_scalar(node.tag, node.value)
    except ValueError:
        pass  # Reported below: the tag does not fit the value.
    tag = node.tag.replace(TAG, "!!")
    _report(document, node, path, f"the tag {tag} does not fit here; remove it")
    return None


def _construct_mapping(
    node: yaml.MappingNode,
    path: KeyPath,
    document: YamlDocument,
    ancestors: tuple[yaml.Node, ...],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _key(key_node)
        if key is None:
            _report(document, key_node, path, _key_advice(key_node))
            continue
        below = (*path, key)
        if key in values:
            first = document.lines[below]
            _report(
                document, key_node, below, f"key given twice (first on line {first}); remove one"
            )
            continue
        document.lines[below] = _line(key_node)
        values[key] = _construct(value_node, below, document, ancestors)
    return values


def _construct_list(
    node: yaml.SequenceNode,
    path: KeyPath,
    document: YamlDocument,
    ancestors: tuple[yaml.Node, ...],
) -> list[Any]:
    items = []
    for index, item in enumerate(node.value):
        document.lines[(*path, index)] = _line(item)
        items.append(_construct(item, (*path, index), document, ancestors))
    return items


def _key(node: yaml.Node) -> str | None:
    is_text = isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}str"
    return node.value if is_text and node.value != "<<" else None


def _key_advice(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a key must be a text, not a list or mapping"
    if node.value == "<<":
        return "merge keys (<<) are not supported; write the keys out"
    return f'the key {node.value} must be a text; quote it: "{node.value}"'


def _report(document: YamlDocument, node: yaml.Node, path: KeyPath, message: str) -> None:
    document.problems.append(YamlProblem(_line(node), path, message))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax_problem(error: yaml.YAMLError, text: str) -> YamlProblem:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    quoted = f", in `{lines[line - 1].strip()}`" if mark is not None and line <= len(lines) else ""
    return YamlProblem(line, (), f"not valid YAML: {problem}{quoted}{_syntax_advice(problem)}")


def _syntax_advice(problem: str) -> str:
    if "'\\t'" in problem:
        return "; indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "; check the indentation, and quote a value that holds a colon and a space"
    return ""
