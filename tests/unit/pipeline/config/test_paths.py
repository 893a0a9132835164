"""Locations of the configuration become paths, and missing ones are told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.config.paths import resolve_data_path, resolve_model_store, resolve_schema_file
from pipeline.errors import ConfigurationError


@pytest.fixture
def resolve(folder):
    """Resolves `data.path`."""

    def resolve_path(path):
        return resolve_data_path(load_config(folder, [f"data.path={path}"], {}), folder)

    return resolve_path


@pytest.mark.parametrize("given", ["data", "data/a.csv", "data/*.csv", "data/**/*.csv", "../taxi"])
def test_paths_start_at_the_use_case_s_folder(folder, resolve, given):
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("x")

    assert resolve(given) == str((folder.absolute() / given).resolve())


def test_a_name_that_looks_like_a_glob_is_found(folder, resolve):
    (folder / "a[1].csv").write_text("x")

    assert resolve("a[1].csv") == str(folder.resolve() / "a[1].csv")


def test_absolute_and_home_paths(folder, resolve, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.resolve()))

    assert resolve(folder.resolve()) == str(folder.resolve())
    assert resolve("~/pipeline.yaml") == str(folder.resolve() / "pipeline.yaml")


@pytest.mark.parametrize("given", ["nowhere", "nowhere/*.csv"])
def test_a_missing_path(folder, resolve, given):
    with pytest.raises(ConfigurationError) as caught:
        resolve(given)

    assert str(caught.value) == (
        f"data.path = {given}: nothing is at {folder.resolve() / given}; "
        "give a folder, a file or a glob that matches files"
    )


def test_a_path_inside_a_package_without_importing_it(folder, resolve, monkeypatch):
    package = folder.resolve().parent / "wares"
    (package / "csv").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(package.parent)

    assert resolve("package:wares/csv") == str(package / "csv")
    assert resolve("package:wares") == str(package)
    assert "wares" not in sys.modules
    with pytest.raises(ConfigurationError, match=f"nothing is at {package / 'tsv'};"):
        resolve("package:wares/tsv")


@pytest.mark.parametrize("name", ["no_such_package", "this"])
def test_a_package_that_is_not_there_or_is_a_module(resolve, name):
    with pytest.raises(ConfigurationError) as caught:
        resolve(f"package:{name}/x")

    assert str(caught.value) == (
        f"data.path = package:{name}/x: no package {name} is installed here; "
        "install it or correct the name"
    )


def test_a_package_s_name_with_dots(resolve):
    with pytest.raises(ConfigurationError) as caught:
        resolve("package:tfx.components/x")

    assert str(caught.value) == (
        "data.path = package:tfx.components/x: 'tfx.components' is not the name of a package; "
        "write package:NAME/path/inside/it"
    )


def test_uris(resolve):
    assert resolve("gs://bucket/data") == "gs://bucket/data"
    with pytest.raises(ConfigurationError) as caught:
        resolve("s3://bucket/data")
    assert str(caught.value) == (
        "data.path = s3://bucket/data: TensorFlow cannot read s3:// URIs; "
        "mount the storage and give its path, or use a gs:// URI"
    )


def test_the_schema_file(folder):
    (folder / "taxi.pbtxt").write_text("")
    given = load_config(folder, ["schema.file=taxi.pbtxt"], {})
    missing = load_config(folder, ["schema.file=no.pbtxt"], {})

    assert resolve_schema_file(load_config(folder, (), {}), folder) is None
    assert resolve_schema_file(given, folder) == folder.resolve() / "taxi.pbtxt"
    with pytest.raises(ConfigurationError) as caught:
        resolve_schema_file(missing, folder)
    assert str(caught.value) == (
        f"schema.file = no.pbtxt: no file at {folder.resolve() / 'no.pbtxt'}; "
        "correct the path, or remove schema.file to infer a schema"
    )


def test_the_model_store(folder):
    default = load_config(folder, (), {})
    given = load_config(folder, ["pusher.model_store=../store"], {})

    assert resolve_model_store(default, folder, Path("home")) == Path.cwd() / "home" / "models"
    assert resolve_model_store(given, folder, Path("home")) == Path.cwd() / "store"
