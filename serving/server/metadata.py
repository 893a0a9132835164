"""Describes a version in the protocol's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

if TYPE_CHECKING:
    from collections.abc import Mapping


def metadata_json(model: str, version: int, signature_defs: Mapping[str, Any]) -> bytes:
    """Returns the body of REST's metadata call.

    Args:
        model: The model's name as it was asked for.
        version: The version that is described.
        signature_defs: The `SignatureDef` messages, by signature name.
    """
    signatures = {name: _to_dict(signature_defs[name]) for name in sorted(signature_defs)}
    document = {
        "model_spec": {"name": model, "signature_name": "", "version": str(version)},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }
    return json.dumps(document, indent=1).encode()


def _to_dict(message: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return fields
