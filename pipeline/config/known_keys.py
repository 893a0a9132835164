"""The keys that a configuration may hold, read from the models, and the nearest to a wrong one."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any, get_args, get_origin

from pipeline.config.base import Section
from pipeline.config.models import PipelineConfig


def field_keys(section: type[Section]) -> dict[str, Any]:
    """Returns the keys of a section as they stand in the file, with their types."""
    return {field.alias or name: field.annotation for name, field in section.model_fields.items()}


def as_section(annotation: Any) -> type[Section] | None:
    """Returns the section that a type is, or None for a type of any other kind."""
    is_section = isinstance(annotation, type) and issubclass(annotation, Section)
    return annotation if is_section else None


def mapping_values(annotation: Any) -> Any:
    """Returns the type of a free mapping's values, or None if a type is no mapping."""
    return get_args(annotation)[1] if get_origin(annotation) is dict else None


def list_items(annotation: Any) -> Any:
    """Returns the type of a list's entries, or None if a type is no list."""
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def step(annotation: Any, key: str) -> Any:
    """Returns the type of what is below a key, or None where nothing is known of it."""
    section = as_section(annotation)
    if section:
        return field_keys(section).get(key)
    return mapping_values(annotation) or list_items(annotation)


@cache
def dotted_keys() -> tuple[str, ...]:
    """Returns every fixed key, dotted: sections, and the keys below them."""
    keys = []
    for name, annotation in field_keys(PipelineConfig).items():
        keys.append(name)
        section = as_section(annotation)
        keys.extend(f"{name}.{key}" for key in (field_keys(section) if section else ()))
    return tuple(keys)


def describe_key(path: tuple[str, ...]) -> str:
    """Returns the meaning of a known key, as the models give it."""
    section = as_section(_type_at(path[:-1]))
    fields = section.model_fields.items() if section else ()
    meanings = {field.alias or name: field.description for name, field in fields}
    return meanings.get(path[-1]) or ""


def suggest(path: tuple[str, ...], below: tuple[str, ...] = ()) -> str:
    """Says what was probably meant by an unknown key.

    Args:
        path: Path of the unknown key; what is before its last part is known.
        below: Keys that were given below it.

    Returns:
        The nearest valid key as a question, or the valid keys where none is near.
    """
    section = as_section(_type_at(path[:-1]))
    valid = list(field_keys(section)) if section else []
    near = difflib.get_close_matches(path[-1], valid, n=1)
    if near:
        return f"did you mean {'.'.join((*path[:-1], near[0], *below))}?"
    elsewhere = [key for key in dotted_keys() if key.split(".")[-1] == path[-1]]
    if elsewhere:
        return f"did you mean {' or '.join(elsewhere)}?"
    where = f" below {'.'.join(path[:-1])}" if path[:-1] else ""
    return f"the keys{where} are {', '.join(valid)}"


def _type_at(path: tuple[str, ...]) -> Any:
    annotation: Any = PipelineConfig
    for key in path:
        annotation = step(annotation, key)
    return annotation
