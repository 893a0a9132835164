"""The schema in force."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.errors import ConfigurationError, UsageError
from pipeline.schema.in_force import schema_in_force

TEXT = '# Trips.\nfeature { name: "tips" }\n'


def config(file=None, label="tips"):
    return SimpleNamespace(
        name="taxi",
        schema_=SimpleNamespace(file=file),
        data=SimpleNamespace(label=label),
    )


@pytest.fixture
def evidence(tmp_path):
    file = tmp_path / "inferred.pbtxt"
    file.write_text(TEXT)
    return SimpleNamespace(inferred_schema=file)


def test_a_curated_schema_goes_before_what_a_run_inferred(tmp_path, evidence):
    (tmp_path / "own.pbtxt").write_text(TEXT)
    found = schema_in_force(config("own.pbtxt"), tmp_path, evidence)

    assert found.curated
    assert (found.file.name, found.text) == ("own.pbtxt", TEXT)


def test_else_it_is_what_the_latest_run_inferred(tmp_path, evidence):
    found = schema_in_force(config(), tmp_path, evidence)

    assert not found.curated
    assert found.file == evidence.inferred_schema


def test_the_pipeline_adds_environments_and_wants_the_label_in_every_row(tmp_path, evidence):
    found = schema_in_force(config(), tmp_path, evidence)

    assert not found.written.default_environment
    assert list(found.effective.default_environment) == ["TRAINING", "SERVING"]
    assert found.effective.feature[0].presence.min_fraction == 1


@pytest.mark.parametrize("evidence", [None, SimpleNamespace(inferred_schema=None)])
def test_without_either_the_way_to_one_is_told(tmp_path, evidence):
    with pytest.raises(UsageError, match="no run in this home has inferred one; `tidemill run`"):
        schema_in_force(config(), tmp_path, evidence)


def test_a_file_that_is_no_schema_names_the_line(tmp_path):
    (tmp_path / "own.pbtxt").write_text('feature {\n  nam: "x"\n}\n')

    with pytest.raises(ConfigurationError, match=r"own.pbtxt:2: not a TFMD schema .*\"nam\""):
        schema_in_force(config("own.pbtxt"), tmp_path, None)


def test_a_label_that_the_schema_lacks(tmp_path, evidence):
    with pytest.raises(ConfigurationError, match="did you mean 'tips'"):
        schema_in_force(config(label="tip"), tmp_path, evidence)
