"""Every object is what Kubernetes' own OpenAPI schema says."""

from __future__ import annotations

import copy
import json

import kubernetes_validate
import pytest

# The oldest that knows all that is used here (preStop.sleep), and a recent one.
_VERSIONS = ("1.30", "1.34")


@pytest.fixture
def objects(every_overlay):
    """Every object of every overlay, once."""
    return {json.dumps(one): one for overlay in every_overlay for one in overlay.objects}.values()


@pytest.mark.parametrize("version", _VERSIONS)
def test_every_object_fits_the_schema(objects, version):
    for one in objects:
        kubernetes_validate.validate(one, version, strict=True)


def test_the_schema_sees_a_misspelt_field_and_a_wrong_type(rendered):
    deployment = rendered("dev").get("Deployment", "serving")
    for field, value in (("livenesProbe", {}), ("command", "python")):
        wrong = copy.deepcopy(deployment)
        wrong["spec"]["template"]["spec"]["containers"][0][field] = value
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, _VERSIONS[0], strict=True)
