"""Where the models of a home are: in the stores that its runs push to."""

from __future__ import annotations

import pytest

from pipeline.model_folders import model_folders
from pipeline.places import Home
from pipeline.runs import RunRecord


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def ran(home):
    """Leaves the record of a run behind."""

    def ran(second, pipeline, store, version="1"):
        run_id = f"20261121-0905{second:02}"
        folder = home.run(run_id)
        folder.root.mkdir(parents=True)
        RunRecord(
            run_id,
            pipeline,
            f"/{pipeline}",
            "2026-11-21T09:05:00+00:00",
            1,
            pushed_version=version,
            model_store=str(store),
        ).save(folder)

    return ran


def pushed(store, *models):
    for model in models:
        (store / model / "1").mkdir(parents=True)
    return store


def test_a_home_without_anything(home):
    assert model_folders(home) == {}


def test_without_runs_they_are_in_the_home(home):
    pushed(home.models, "taxi", "birds")
    (home.models / "empty").mkdir()

    assert list(model_folders(home).items()) == [
        ("birds", home.models / "birds"),
        ("taxi", home.models / "taxi"),
    ]


def test_each_is_where_the_latest_run_pushed_it(home, ran, tmp_path):
    pushed(home.models, "taxi")
    first, second = pushed(tmp_path / "1", "taxi", "birds"), pushed(tmp_path / "2", "taxi")
    ran(1, "taxi", first)
    ran(2, "birds", first)
    ran(3, "taxi", second)
    ran(4, "taxi", tmp_path / "3", version=None)

    assert model_folders(home) == {"birds": first / "birds", "taxi": second / "taxi"}


def test_records_from_before_they_told_and_stores_that_are_gone(home, ran, tmp_path):
    pushed(home.models, "taxi")
    ran(1, "taxi", "")
    ran(2, "birds", tmp_path / "gone")

    assert model_folders(home) == {"taxi": home.models / "taxi"}


def test_a_store_that_is_named_is_the_only_one(home, ran, tmp_path):
    ran(1, "taxi", pushed(tmp_path / "1", "taxi"))

    assert model_folders(home, pushed(tmp_path / "2", "birds")) == {
        "birds": tmp_path / "2" / "birds"
    }
