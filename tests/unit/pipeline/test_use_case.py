"""A use case's folder, its name as a package, and its functions, found without importing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.errors import ConfigurationError
from pipeline.use_case import UseCase, check_functions


@pytest.fixture
def use_case(folder):
    (folder / "model.py").write_text("import nowhere\n\n\ndef run_fn(fn_args):\n    pass\n")
    (folder / "preprocessing.py").write_text("def preprocessing_fn(inputs):\n    return inputs\n")
    return UseCase.open(folder)


def message(action, *arguments):
    with pytest.raises(ConfigurationError) as caught:
        action(*arguments)
    return str(caught.value)


def test_a_folder_is_a_package(folder, use_case):
    assert use_case.folder == folder.resolve()
    assert use_case.package == "taxi"
    assert use_case.import_root == Path.cwd()
    assert use_case.dotted("model.run_fn") == "taxi.model.run_fn"
    assert use_case.source_of("model.run_fn") == folder.resolve() / "model.py"


def test_the_current_folder_is_named_as_it_is(use_case, monkeypatch):
    monkeypatch.chdir(use_case.folder)

    assert UseCase.open(Path()) == use_case


def test_a_missing_folder(folder):
    assert message(UseCase.open, folder / "x") == (
        f"{folder.resolve() / 'x'}: no such folder; give the folder of a use case"
    )


@pytest.mark.parametrize("name", ["my-taxi", "2taxi", "class", "a b"])
def test_a_name_that_is_no_identifier(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()

    assert message(UseCase.open, folder) == (
        f"{folder}: {name!r} cannot be the name of a Python package "
        "(letters, digits and _, not beginning with a digit); rename the folder"
    )


@pytest.mark.parametrize("name", ["pipeline", "components", "serving"])
def test_a_name_of_tidemill_s(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()

    assert message(UseCase.open, folder) == (
        f"{folder}: {name} is the name of one of Tidemill's own packages; rename the folder"
    )


@pytest.mark.parametrize("name", ["yaml", "random", "sys"])
def test_a_name_that_is_taken(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")

    assert message(UseCase.open, folder).startswith(
        f"{folder}: the name {name} already belongs to the Python package at "
    )


@pytest.mark.parametrize("files", [[], ["__init__.py"]])
def test_a_use_case_does_not_shadow_itself(folder, monkeypatch, files):
    for file in files:
        (folder / file).write_text("")
    monkeypatch.syspath_prepend(Path.cwd())

    assert UseCase.open(folder).package == "taxi"


def test_another_use_case_of_the_same_name_gives_way(folder, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere" / "taxi"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(other.parent)
    # An earlier test may have imported the example of that name.
    monkeypatch.delitem(sys.modules, "taxi", raising=False)

    assert "already belongs" in message(UseCase.open, folder)
    (other / "pipeline.yaml").write_text("")
    assert UseCase.open(folder).package == "taxi"


def test_a_running_script_takes_its_name(tmp_path):
    folder = tmp_path / "__main__"
    folder.mkdir()
    assert sys.modules["__main__"]

    assert "already belongs" in message(UseCase.open, folder)


@pytest.mark.parametrize(
    "source",
    [
        "def run_fn(fn_args): ...",
        "async def run_fn(fn_args): ...",
        "class run_fn: ...",
        "from .elsewhere import run_fn",
        "from .elsewhere import run as run_fn",
        "from .elsewhere import *",
        "run_fn = make()",
        "run_fn: object = make()",
        "train_fn, run_fn = make()",
        "if True:\n    run_fn = a\nelse:\n    pass",
        "try:\n    pass\nfinally:\n    def run_fn(): ...",
        "try:\n    pass\nexcept ImportError:\n    run_fn = None",
        "with x:\n    run_fn = 1",
        "match x:\n    case 1:\n        run_fn = 1",
    ],
)
def test_ways_to_define_a_function(use_case, source):
    path = use_case.folder / "model.py"
    path.write_text(source)

    assert use_case.check_function("model.run_fn") == path


@pytest.mark.parametrize(
    "source", ["", "def run():\n    def run_fn(): ...", "run_fn()", "class Model:\n    run_fn = 1"]
)
def test_a_function_that_is_not_defined(use_case, source):
    path = use_case.folder / "model.py"
    path.write_text(source)

    assert message(use_case.check_function, "model.run_fn").startswith(
        f"model.run_fn: {path} defines no run_fn"
    )


def test_the_nearest_function_is_named(use_case):
    assert message(use_case.check_function, "model.runfn") == (
        f"model.runfn: {use_case.folder / 'model.py'} defines no runfn; did you mean run_fn?"
    )


def test_the_nearest_file_is_named(use_case):
    assert message(use_case.check_function, "modle.run_fn") == (
        f"modle.run_fn: no file {use_case.folder / 'modle.py'}; did you mean model?"
    )
    assert message(use_case.check_function, "deep.modle.run_fn") == (
        f"deep.modle.run_fn: no file {use_case.folder / 'deep' / 'modle.py'}"
    )


def test_modules_in_packages(use_case):
    (use_case.folder / "deep").mkdir()
    (use_case.folder / "deep" / "__init__.py").write_text("def f(): ...")
    (use_case.folder / "deep" / "er.py").write_text("def g(): ...")

    assert use_case.check_function("deep.f").name == "__init__.py"
    assert use_case.check_function("deep.er.g").name == "er.py"


def test_invalid_python_names_the_line(use_case):
    path = use_case.folder / "model.py"
    path.write_text("x = 1\ndef run_fn(:\n")

    assert message(use_case.check_function, "model.run_fn").startswith(
        f"{path}:2: not valid Python: "
    )


def test_all_functions_that_will_be_called_are_checked(folder, use_case):
    config = load_config(folder, ["transform.preprocessing_fn=preprocessing.x"], {})
    with_tuner = load_config(
        folder, ["transform.preprocessing_fn=preprocessing.x", "tuner.enabled=true"], {}
    )
    root = use_case.folder

    no_x = f"transform.preprocessing_fn = preprocessing.x: {root / 'preprocessing.py'} defines no x"
    no_tuner = f"tuner.tuner_fn = model.tuner_fn: {root / 'model.py'} defines no tuner_fn; "
    assert message(check_functions, use_case, config) == no_x
    assert message(check_functions, use_case, with_tuner) == (
        f"{no_x}\n{no_tuner}did you mean run_fn?"
    )
    check_functions(use_case, load_config(folder, (), {}))


def test_a_run_that_never_searches_needs_no_function_for_it(folder, use_case):
    for run, problems in (("always", 1), ("when_data_changes", 1), ("never", 0)):
        config = load_config(folder, ("tuner.enabled=true", f"tuner.run={run}"), {})
        if problems:
            assert "tuner.tuner_fn" in message(check_functions, use_case, config)
        else:
            check_functions(use_case, config)
