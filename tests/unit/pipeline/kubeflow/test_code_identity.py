"""Whether an image holds the code that a pipeline was compiled from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.models import PipelineConfig
from pipeline.kubeflow.code_identity import (
    OtherCodeError,
    check_code,
    code_identity,
    files_beside,
    folder_in_image,
)
from pipeline.use_case import UseCase

CONFIG = PipelineConfig.model_validate(
    {
        "name": "taxi",
        "data": {"path": "data/*.csv"},
        "transform": {"label": "tip", "preprocessing_fn": "model.preprocessing_fn"},
        "evaluator": {"metrics": {"AUC": {"min": 0.5}}},
    },
    strict=False,
)


@pytest.fixture
def project(tmp_path):
    for name in ("components/a.py", "pipeline/b.py", "serving/c.py", "examples/taxi/model.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "requirements.lock").write_text("tfx==1.21.0\n", encoding="utf-8")
    return tmp_path


def identity(project):
    folder = project / "examples" / "taxi"
    return code_identity(folder, files_beside(UseCase(folder), CONFIG), project)


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("components/a.py", "Tidemill"),
        ("requirements.lock", "Tidemill"),
        ("serving/new.py", "Tidemill"),
        ("examples/taxi/model.py", "use case"),
    ],
)
def test_every_file_of_code_counts(project, file, changed):
    before = identity(project)
    (project / file).write_text("x = 2\n", encoding="utf-8")
    after = identity(project)

    assert {name for name in before if before[name] != after[name]} == {changed}
    with pytest.raises(OtherCodeError, match=f"{before[changed][:12]}.*{after[changed][:12]}"):
        check_code(before, after)


def test_an_environment_beside_the_code_does_not_count(project):
    before = identity(project)
    library = project / "examples" / "taxi" / ".venv" / "library.py"
    library.parent.mkdir()
    library.touch()

    assert identity(project) == before


def test_what_the_use_case_imports_from_beside_its_folder_counts(project):
    examples = project / "examples"
    (examples / "taxi" / "model.py").write_text("from common import scale\n", encoding="utf-8")
    (examples / "common.py").write_text("scale = 2\n", encoding="utf-8")
    (examples / "unused.py").write_text("scale = 2\n", encoding="utf-8")
    before = identity(project)
    (examples / "unused.py").write_text("scale = 3\n", encoding="utf-8")
    assert identity(project) == before
    (examples / "common.py").write_text("scale = 3\n", encoding="utf-8")
    assert identity(project) != before

    (examples / "common.py").unlink()
    without = code_identity(examples / "taxi", ["common.py"], project)
    with pytest.raises(OtherCodeError, match="imports from beside its folder"):
        check_code(before, without)


def test_a_file_that_the_code_names_counts(project):
    taxi = project / "examples" / "taxi"
    (taxi / "model.py").write_text("WORDS = 'words.txt'\n", encoding="utf-8")
    (taxi / "words.txt").write_text("tip\n", encoding="utf-8")
    before = identity(project)
    (taxi / "words.txt").write_text("tips\n", encoding="utf-8")

    assert identity(project) != before


def test_where_the_code_lies_does_not_count(project, tmp_path_factory):
    copy = tmp_path_factory.mktemp("image") / "app"
    project.rename(copy)
    moved = identity(copy)
    copy.rename(project)

    check_code(identity(project), moved)


def test_where_a_use_case_lies_in_the_image():
    project = Path("/src/tidemill")

    assert folder_in_image(project / "examples" / "taxi", project) == "examples/taxi"
    assert folder_in_image(Path("/home/me/churn"), project) == "use_cases/churn"
