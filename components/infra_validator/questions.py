"""Which questions a model is asked, by the signatures that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.infra_validator.checks import Check, check_inputs, passed
from components.infra_validator.rows import RowInput, rows_of
from components.infra_validator.validation import Question

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from components.infra_validator.examples import RequestExample

EXAMPLES_SIGNATURE = "serving_default"
ROWS_SIGNATURE = "serving_rows"


def questions_for(
    signatures: Mapping[str, Sequence[RowInput]], examples: Sequence[RequestExample]
) -> list[Question]:
    """Returns what to ask: serialized examples always, rows where the model takes rows.

    Args:
        signatures: Inputs of each signature of the model.
        examples: What to send.
    """
    serialized = [example.serialized for example in examples]
    questions = [Question(EXAMPLES_SIGNATURE, serialized)]
    if ROWS_SIGNATURE in signatures:
        rows = rows_of([example.features for example in examples], signatures[ROWS_SIGNATURE])
        questions.append(Question(ROWS_SIGNATURE, rows, as_rows=True))
    return questions


def check_signatures(
    signatures: Mapping[str, Sequence[RowInput]], features: Collection[str]
) -> list[Check]:
    """Checks what the model's file says of its signatures.

    Args:
        signatures: Inputs of each signature; empty if the file could not be read.
        features: Raw features that a client knows: all but the label.
    """
    # Names in underscores are TensorFlow's own, such as the initializer's.
    has = ", ".join(sorted(name for name in signatures if not name.startswith("__"))) or "none"
    checks = [
        passed(f"{EXAMPLES_SIGNATURE}: exists", EXAMPLES_SIGNATURE in signatures, f"has {has}")
    ]
    if ROWS_SIGNATURE in signatures:
        names = [wanted.name for wanted in signatures[ROWS_SIGNATURE]]
        checks.append(check_inputs(ROWS_SIGNATURE, names, features))
    return checks
