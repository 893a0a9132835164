"""Scalars of YAML's core schema (YAML 1.2), and integers as Python groups them: `1_000` is 1000.

PyYAML's own rules are those of YAML 1.1, where `1e-3` is a text, `no` is false and `1:30` is 90.
A configuration of training cannot afford these surprises.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

TAG = "tag:yaml.org,2002:"


class CoreLoader(yaml.SafeLoader):
    """Resolves scalars by the core schema."""


CoreLoader.yaml_implicit_resolvers = {}
CoreLoader.add_implicit_resolver(f"{TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), None)
CoreLoader.add_implicit_resolver(
    f"{TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
CoreLoader.add_implicit_resolver(
    f"{TAG}int",
    re.compile(r"^(?:[-+]?[0-9]+(?:_[0-9]+)*|0o[0-7]+|0x[0-9a-fA-F]+)$"),
    list("-+0123456789"),
)
CoreLoader.add_implicit_resolver(
    f"{TAG}float",
    re.compile(
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
    list("-+.0123456789"),
)


def plain_scalar(text: str) -> Any:
    """Returns the value of a text that stands in YAML without quotes."""
    loader: Any = CoreLoader("")
    return convert_scalar(loader.resolve(yaml.ScalarNode, text, (True, False)), text)


def convert_scalar(tag: str, text: str) -> Any:
    """Converts the text of a scalar.

    Raises:
        ValueError: The text is no value of this tag, or the tag is not of the core schema.
    """
    kind = tag.removeprefix(TAG)
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int":
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise ValueError(f"{tag} is not a tag of the core schema")
