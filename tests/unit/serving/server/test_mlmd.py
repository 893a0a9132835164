import logging

import pytest

from serving.server.metrics import TextGauge
from serving.server.mlmd import show_uuid


@pytest.fixture
def gauge():
    return TextGauge("/map", "mlmd_uuid", "model_name", "version")


@pytest.mark.conformance("metrics.mlmd")
def test_the_key_in_the_version_folder_is_shown(tmp_path, gauge):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "mlmd_uuid").write_text("12-ab\n")
    show_uuid(gauge, "m", 7, tmp_path)
    assert list(gauge.lines()) == [
        "# TYPE :map gauge",
        ':map{model_name="m",version="7",mlmd_uuid="12-ab"} 0',
    ]


@pytest.mark.conformance("metrics.mlmd")
def test_most_folders_have_none(tmp_path, gauge, caplog):
    show_uuid(gauge, "m", 7, tmp_path)
    assert list(gauge.lines()) == ["# TYPE :map gauge"]
    assert caplog.records == []


def test_a_key_that_cannot_be_read_is_said_and_harms_nothing(tmp_path, gauge, caplog):
    (tmp_path / "assets.extra" / "mlmd_uuid").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        show_uuid(gauge, "m", 7, tmp_path)
    assert "cannot be read" in caplog.text
    assert list(gauge.lines()) == ["# TYPE :map gauge"]
