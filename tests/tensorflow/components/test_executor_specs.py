import copy
import csv

import pytest

from components.executor_specs import BeamExecutorAt, ExecutorAt

PATH = "components.pusher.executor.Executor"


def test_a_python_executor_is_encoded_as_its_path():
    spec = ExecutorAt(PATH).encode()
    assert spec.DESCRIPTOR.name == "PythonClassExecutableSpec"
    assert spec.class_path == PATH


def test_a_beam_executor_carries_its_pipeline_arguments():
    from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

    spec = BeamExecutorAt("components.x.executor.Executor")
    assert isinstance(spec, BeamExecutorSpec), "TFX adds the pipeline's arguments only to these"
    spec.add_beam_pipeline_args(["--direct_num_workers=1"])
    encoded = spec.encode()
    assert encoded.python_executor_spec.class_path == "components.x.executor.Executor"
    assert list(encoded.beam_pipeline_args) == ["--direct_num_workers=1"]
    assert encoded.beam_pipeline_args_placeholders[0].value.string_value == (
        "--direct_num_workers=1"
    )


@pytest.mark.parametrize("duplicate", [lambda spec: spec.copy(), copy.deepcopy])
def test_a_copy_is_independent(duplicate):
    spec = BeamExecutorAt(PATH)
    spec.add_beam_pipeline_args(["--a"])
    spec.add_extra_flags(["--b"])
    twin = duplicate(spec)
    spec.add_beam_pipeline_args(["--c"])
    assert type(twin) is type(spec)
    assert twin.encode().python_executor_spec.class_path == PATH
    assert twin.beam_pipeline_args == ["--a"]
    assert twin.extra_flags == ["--b"]


@pytest.mark.parametrize("make", [ExecutorAt, BeamExecutorAt])
@pytest.mark.parametrize("path", ["", "Executor", "a..B", "a.b-c.D", "a.B()"])
def test_a_path_that_names_no_class_is_refused(make, path):
    with pytest.raises(ValueError, match=r"package\.module\.Class"):
        make(path)


def test_the_class_is_imported_only_when_asked_for():
    spec = ExecutorAt("no_such_package.executor.Executor")
    spec.copy().encode()
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        _ = spec.executor_class
    assert ExecutorAt("csv.DictReader").executor_class is csv.DictReader


def test_interfaces_import_no_executor(leanly):
    loaded = leanly(
        "import components.infra_validator.component, components.pusher.component\n"
        "answer(sorted(sys.modules))"
    )
    heavy = ("apache_beam", "serving.client", "serving.server", "tfx.components")
    heavy += ("tensorflow_model_analysis",)
    assert "components.pusher.component" in loaded
    assert not [name for name in loaded if name.startswith(heavy)]
    own = [name for name in loaded if name.startswith("components.")]
    assert not [name for name in own if name.endswith(".executor")]
