"""What can go wrong around an evaluation. A bad model is a verdict, never one of these."""

from __future__ import annotations


class EvaluationError(Exception):
    """The model could not be evaluated; the message says why and what to do."""
