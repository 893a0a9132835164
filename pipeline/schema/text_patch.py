"""Changes a message in text format where it differs and nowhere else, so that comments stay."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf import text_format

from pipeline.schema.text_tree import FieldText, UnreadableTextError, comments, read_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEY = "name"
_INDENT = "  "


class Patched(NamedTuple):
    """A changed text.

    Attributes:
        text: The text.
        lost_comments: Comments of the old text that are not in the new one.
    """

    text: str
    lost_comments: tuple[str, ...]


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


class _Place(NamedTuple):
    """A message in the text: its fields, where its content begins, and how deep it is indented."""

    fields: Sequence[FieldText]
    inside: int
    indent: str


def patch_text(text: str, old: Any, new: Any) -> Patched:
    """Changes the text of one message into the text of another of the same type.

    Args:
        text: `old` in text format, with comments and spacing of its own.
        old: What the text says.
        new: What it is to say.

    Returns:
        A text that parses to `new`. Where the text cannot be patched it is written anew, without
        its comments.
    """
    try:
        patched = _apply(text, _edits(text, _Place(read_fields(text), 0, ""), old, new))
        if text_format.Parse(patched, type(new)()) != new:
            patched = render(new)
    except (UnreadableTextError, text_format.ParseError):
        patched = render(new)
    lost = Counter(comments(text)) - Counter(comments(patched))
    return Patched(patched, tuple(lost.elements()))


def render(message: Any) -> str:
    """Writes a message as people write schemas: a field a line, small messages on one line."""
    text = ""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            gap = "\n" if field.message_type is not None and text else ""
            text += f"{gap}{_block(_holding(message, field, each), '')}\n"
    return text


def _edits(text: str, place: _Place, old: Any, new: Any) -> Iterator[_Edit]:
    for field in old.DESCRIPTOR.fields:
        own = [each for each in place.fields if each.name == field.name]
        before, after = _value(old, field), _value(new, field)
        if before == after:
            continue
        if field.is_repeated and field.message_type is not None:
            yield from _keyed_edits(text, place, own, field, old, new)
        elif before and after and field.message_type is not None and len(own) == 1:
            yield from _inner_edits(text, own[0], before[0], after[0])
        else:
            yield from _value_edits(text, place, own, field, new, before)


def _value_edits(
    text: str, place: _Place, own: list[FieldText], field: Any, new: Any, before: list[Any]
) -> Iterator[_Edit]:
    """Edits values: adds to the end where they only became more, else writes them anew."""
    added = _value(new, field)
    if before and len(own) == len(before) and added[: len(before)] == before:
        kept, added = own, added[len(before) :]
    else:
        kept = own[: bool(added)]
        for each in kept:
            yield _Edit(each.start, each.end, _one(new, field, added.pop(0)))
        for each in own[len(kept) :]:
            yield _deletion(text, each)
    if added:
        rendered = [_one(new, field, value) for value in added]
        yield _insertion(text, place, kept[-1] if kept else None, rendered)


def _keyed_edits(
    text: str, place: _Place, own: list[FieldText], field: Any, old: Any, new: Any
) -> Iterator[_Edit]:
    """Edits repeated messages, each known by its name."""
    before, after = _value(old, field), _value(new, field)
    if len(own) != len(before) or _KEY not in field.message_type.fields_by_name:
        raise UnreadableTextError(f"{field.name} cannot be patched one by one")
    wanted = {message.name: message for message in after}
    last_kept = None
    for each, message in zip(own, before, strict=True):
        if message.name not in wanted:
            yield _deletion(text, each)
            continue
        last_kept = each
        if wanted[message.name] != message:
            yield from _inner_edits(text, each, message, wanted[message.name])
    known = {message.name for message in before}
    gap = "" if place.indent else "\n"
    added = [
        f"{gap}{_block(_holding(new, field, message), place.indent)}"
        for message in after
        if message.name not in known
    ]
    if added:
        yield _insertion(text, place, last_kept, added)


def _inner_edits(text: str, own: FieldText, old: Any, new: Any) -> Iterator[_Edit]:
    if own.body is None:
        raise UnreadableTextError(f"{own.name} is no single message")
    first = own.body[0].start if own.body else None
    indent = _indent_of(text, own.start) + _INDENT if first is None else _indent_of(text, first)
    yield from _edits(text, _Place(own.body, own.inside, indent), old, new)


def _insertion(
    text: str, place: _Place, anchor: FieldText | None, rendered: Sequence[str]
) -> _Edit:
    """Inserts fields behind the anchor, else behind the message's last field."""
    last = anchor or (place.fields[-1] if place.fields else None)
    position = last.end if last else place.inside
    if text[position : position + 1] in {",", ";"}:
        position += 1
    line_end = text.find("\n", position)
    line_end = len(text) if line_end < 0 else line_end
    rest = text[position:line_end].strip()
    if rest and not rest.startswith("#"):  # the message goes on, or ends, on this line
        return _Edit(position, position, "".join(f" {each}" for each in rendered))
    return _Edit(line_end, line_end, "".join(f"\n{place.indent}{each}" for each in rendered))


def _deletion(text: str, own: FieldText) -> _Edit:
    """Deletes a field, and its line where nothing else is on it."""
    start = text.rfind("\n", 0, own.start) + 1
    end = own.end + (text[own.end : own.end + 1] in {",", ";"})
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    if not text[start : own.start].strip() and not text[end:line_end].strip():
        end = min(line_end + 1, len(text))
        is_paragraph = text[:start].endswith("\n\n") and text[end : end + 1] == "\n"
        return _Edit(start, end + is_paragraph, "")
    while text[end : end + 1] == " ":
        end += 1
    return _Edit(own.start, end, "")


def _apply(text: str, edits: Iterator[_Edit]) -> str:
    # Two insertions at one place keep their order: a stable sort, applied from the end.
    for edit in sorted(edits, key=lambda each: each.start)[::-1]:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _indent_of(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    line = text[start:position]
    return line[: len(line) - len(line.lstrip())]


def _block(message: Any, indent: str) -> str:
    """Writes a message that has one field set: a message inside it over several lines."""
    ((field, value),) = message.ListFields()
    if field.message_type is None:
        return _line(message)
    inner = value[0] if field.is_repeated else value
    lines = [
        f"{indent}{_INDENT}{_one(inner, inner_field, each)}\n"
        for inner_field, inner_value in inner.ListFields()
        for each in (inner_value if inner_field.is_repeated else [inner_value])
    ]
    return f"{field.name} {{\n{''.join(lines)}{indent}}}"


def _one(message: Any, field: Any, value: Any) -> str:
    return _line(_holding(message, field, value))


def _line(message: Any) -> str:
    line: str = text_format.MessageToString(message, as_one_line=True, as_utf8=True)
    return line.strip()


def _holding(message: Any, field: Any, value: Any) -> Any:
    """Returns a message of the same type that holds one value and nothing else."""
    only = type(message)()
    if field.is_repeated:
        getattr(only, field.name).append(value)
    elif field.message_type is not None:
        getattr(only, field.name).CopyFrom(value)
    else:
        setattr(only, field.name, value)
    return only


def _value(message: Any, field: Any) -> list[Any]:
    """Returns the values of a field: none, one, or as many as it has."""
    if field.is_repeated:
        return list(getattr(message, field.name))
    return [getattr(message, field.name)] if message.HasField(field.name) else []
