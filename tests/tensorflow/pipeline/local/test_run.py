"""What a run on this machine asks its workers for."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.loading import load_config
from pipeline.local.run import _request
from pipeline.places import Home
from pipeline.use_case import UseCase

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


def test_a_candidate_is_served_by_a_process_whatever_the_cluster_does(tmp_path):
    """The same pipeline.yaml runs here and on Kubeflow, and there are no Pods here."""
    folder = EXAMPLES / "penguin"
    overrides = ["infra_validator.backend=kubernetes", "infra_validator.examples=3"]
    config = load_config(folder, overrides, {})
    assert config.infra_validator.backend == "kubernetes"

    request = _request(UseCase.open(folder), config, Home(tmp_path), ())

    assert request.config.infra_validator.backend == "process"
    assert request.config.infra_validator.examples == 3
