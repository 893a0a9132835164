"""HTML pages that stand alone: no script, no file beside them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0}"
    "th,td{padding:.25em .75em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}"
    "th{background:#f6f6f6}h2{font-size:1.1em;margin:1.5em 0 .3em}"
    "pre{background:#f6f6f6;padding:.75em;overflow:auto}.advice{color:#555}"
)


def page(title: str, sections: Iterable[str]) -> str:
    """Returns a page.

    Args:
        title: Its title, plain text.
        sections: HTML.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Returns a section with a table; all texts are plain."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows
    )
    content = f"<table><tr>{head}</tr>\n{body}</table>" if columns else ""
    advice = f'<p class="advice">{escape(note)}</p>' if note else ""
    return f"<h2>{escape(title)}</h2>\n{content}{advice}"
