"""The resolved configuration as text: every value, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.config.value_text import show_value
from pipeline.dag_outline import outline, render_outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.example_gen.window import Choice
    from pipeline.config.loading import LoadedConfig
    from pipeline.config.origins import KeyPath

_INDENT = "  "
_COMMENT_GAP = "  # "


def render_dry_run(loaded: LoadedConfig, choice: Choice) -> str:
    """Writes what `tidemill run --dry-run` prints: the configuration, the spans and the DAG."""
    nodes = outline(loaded.config, [span.number for span in choice.spans])
    title = f"# The DAG: {len(nodes)} nodes, each with the nodes that it waits for.\n"
    dag = "".join(f"#   {line}\n" for line in render_outline(nodes).splitlines())
    return f"{render_config(loaded)}\n{_render_spans(choice)}{title}{dag}"


def _render_spans(choice: Choice) -> str:
    if not choice.spans:
        return ""
    notes = "".join(f"# {note[:1].upper()}{note[1:]}.\n" for note in choice.notes)
    return notes + "".join(f"#   {span.path}\n" for span in choice.spans) + "\n"


def render_config(loaded: LoadedConfig) -> str:
    """Writes the configuration as YAML that loads to the same configuration.

    A value that is no default has a comment that names its file and line, its variable or its
    option.
    """
    rows = list(_rows(loaded.config.model_dump(mode="json", by_alias=True), (), loaded))
    width = max(len(text) for text, origin in rows if origin)
    lines = (
        f"{text.ljust(width)}{_COMMENT_GAP}{origin}" if origin else text for text, origin in rows
    )
    return "\n".join(lines) + "\n"


def _rows(
    values: dict[str, Any], path: KeyPath, loaded: LoadedConfig
) -> Iterator[tuple[str, str | None]]:
    """Yields each line with the origin that belongs beside it."""
    for key, value in values.items():
        below = (*path, key)
        text = f"{_INDENT * len(path)}{show_value(key)}:"
        if isinstance(value, dict) and value:
            yield text, None
            yield from _rows(value, below, loaded)
        else:
            yield f"{text} {show_value(value)}", _origin(below, loaded)


def _origin(path: KeyPath, loaded: LoadedConfig) -> str | None:
    given = loaded.layers.origin(path)
    return str(given[1]) if given and _is_given(path, loaded.layers.values) else None


def _is_given(path: KeyPath, values: Any) -> bool:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True
