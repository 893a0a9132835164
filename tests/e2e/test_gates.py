"""Gates that shut: exit status 3, a table that says why, and nothing in the model store."""

import csv
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAXI = ROOT / "examples" / "taxi"
PENGUIN = ROOT / "examples" / "penguin"
GATE_STATUS = 3
ROWS = 2000
AFTER_DATA_GATE = ("Tuner", "Trainer", "Evaluator", "InfraValidator", "Pusher")
# Runs where the model is made, in a process of its own.
SPOILED = '''\
"""Training that ends with a model of NaNs."""

import numpy as np

from components.trainer import keras_toolkit

from .model import run_fn as sound_run_fn

sound_fit = keras_toolkit.fit


def fit_and_spoil(model, *arguments):
    sound_fit(model, *arguments)
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])


def run_fn(fn_args):
    keras_toolkit.fit = fit_and_spoil
    sound_run_fn(fn_args)
'''


@pytest.fixture(scope="module")
def bad_trips(tmp_path_factory):
    """Real trips, some paid in an unknown way, all without their length."""
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"
    path = tmp_path_factory.mktemp("data") / "trips.csv"
    with source.open(newline="") as file:
        trips = [trip for trip, _ in zip(csv.DictReader(file), range(ROWS), strict=False)]
    for number, trip in enumerate(trips):
        del trip["trip_miles"]
        if number % 50 == 0:
            trip["payment_type"] = "Barter"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, trips[0].keys())
        writer.writeheader()
        writer.writerows(trips)
    return path


class Refused:
    """Three runs on bad data: as a person sees it, again, and as a program sees it."""

    def __init__(self, tidemill, data):
        setting = f"data.path={data}"
        self.tidemill = tidemill
        self.shown = tidemill.run(TAXI, setting, options=())
        self.shown_again = tidemill.run(TAXI, setting, options=())
        self.told = tidemill.run(TAXI, setting)


@pytest.fixture(scope="module")
def refused(tidemill, bad_trips, tmp_path_factory):
    return Refused(tidemill(tmp_path_factory.mktemp("refused")), bad_trips)


def table_of(text):
    """Returns the lines of the table, from its headings to what follows it."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if "what to do" in line)
    end = next(i for i, line in enumerate(lines) if re.match(r"\w+ (stopped|failed): ", line))
    return lines[start:end]


def words_of(table):
    return " ".join(" ".join(table).split())


def test_bad_data_ends_the_run_with_the_status_of_a_gate(refused):
    runs = [refused.shown, refused.shown_again, refused.told]

    assert [run.status for run in runs] == [GATE_STATUS] * 3
    assert [run["outcome"] for run in refused.tidemill.status()] == ["stopped by a gate"] * 3


def test_the_table_names_feature_anomaly_values_and_what_to_do(refused):
    table = words_of(table_of(refused.shown.stdout))

    for expected in ("payment_type", "Barter", "trip_miles", "bring the column back"):
        assert expected in table, table
    rows = refused.told.record["nodes"]["ExampleValidator"]["verdict"]["rows"]
    assert {row[4] for row in rows} == {
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        "SCHEMA_MISSING_COLUMN",
    }
    assert {(row[0], row[1]) for row in rows} == {
        (split, feature)
        for split in ("train", "eval")
        for feature in ("payment_type", "trip_miles")
    }
    assert all("Barter" in row[3] for row in rows if row[1] == "payment_type"), rows


def test_nothing_is_trained_on_refused_data(refused):
    states = refused.told.states

    assert states["ExampleValidator"] == "stopped"
    assert {states[node] for node in AFTER_DATA_GATE} == {"not run"}
    assert refused.tidemill.models("taxi") == []


def test_the_same_bad_data_is_refused_again_from_the_cache(refused):
    logs = refused.tidemill.logs(refused.told.record["run_id"])

    assert table_of(refused.shown_again.stdout) == table_of(refused.shown.stdout)
    assert {refused.told.states[n] for n in ("ExampleGen", "StatisticsGen")} == {"cached"}
    assert not (logs / "worker.log").exists()
    executions = refused.tidemill.executions(refused.told.record["run_id"])
    assert executions["ExampleValidator"][0] == "CACHED"


def test_the_data_gates_record_is_the_same_for_every_reader(refused):
    first, _, last = refused.tidemill.status()

    assert {**last, "event": "run"} == refused.told.record
    assert (
        first["nodes"]["ExampleValidator"]["verdict"]
        == (last["nodes"]["ExampleValidator"]["verdict"])
    )


def run_penguin(penguin, store, *settings, use_case=PENGUIN):
    """Runs on the home that has it all in the cache, with a model store of its own."""
    done = penguin.tidemill.run(use_case, f"pusher.model_store={store}", *settings)
    assert done.stdout, done.stderr
    return done


def assert_stopped_by(penguin, done, gate, store):
    assert done.status == GATE_STATUS, done.stderr
    assert done.record["outcome"] == "stopped by a gate"
    assert done.states[gate] == "stopped"
    assert done.states["Pusher"] == "not run"
    assert done.record["pushed_version"] is None
    assert not any(store.rglob("saved_model.pb"))
    assert {**penguin.tidemill.status()[-1], "event": "run"} == done.record


def assert_stops_again(penguin, done, gate, store, *settings):
    """Runs unchanged; the gate shuts from the cache, with the same table."""
    again = run_penguin(penguin, store, *settings)

    assert_stopped_by(penguin, again, gate, store)
    assert again.record["nodes"][gate]["verdict"] == done.record["nodes"][gate]["verdict"]
    state, _ = penguin.tidemill.executions(again.record["run_id"])[gate]
    assert state == "CACHED"


def test_a_model_below_its_threshold_is_not_pushed(penguin, tmp_path):
    store = tmp_path / "store"
    setting = "evaluator.metrics.SparseCategoricalAccuracy.min=1.01"
    done = run_penguin(penguin, store, setting)
    assert_stopped_by(penguin, done, "Evaluator", store)
    assert_stops_again(penguin, done, "Evaluator", store, setting)
    shown = penguin.tidemill.run(PENGUIN, f"pusher.model_store={store}", setting, options=())

    verdict = done.record["nodes"]["Evaluator"]["verdict"]
    (missed,) = [row for row in verdict["rows"] if row[-1] == "missed"]
    assert missed[:2] == ["all examples", "sparse_categorical_accuracy"]
    assert missed[4] == ">= 1.01"
    assert shown.status == GATE_STATUS
    assert "sparse_categorical_accuracy" in shown.stdout
    assert ">= 1.01" in shown.stdout


def test_a_model_that_does_not_improve_on_the_pushed_one_is_not_pushed(penguin, tmp_path):
    store = tmp_path / "store"
    done = run_penguin(
        penguin,
        store,
        "trainer.seed=7",
        "infra_validator.enabled=false",
        "evaluator.metrics.SparseCategoricalAccuracy.min_change=0.5",
    )

    assert_stopped_by(penguin, done, "Evaluator", store)
    verdict = done.record["nodes"]["Evaluator"]["verdict"]
    (missed,) = [row for row in verdict["rows"] if row[-1] == "missed"]
    assert "compared with the latest pushed model" in verdict["headline"]
    assert missed[:2] == ["all examples", "sparse_categorical_accuracy"]
    assert missed[4] == "change >= +0.5"


def test_a_model_that_answers_too_slowly_is_not_pushed(penguin, tmp_path):
    store = tmp_path / "store"
    setting = "infra_validator.max_latency_ms=0.0001"
    done = run_penguin(penguin, store, setting)

    assert_stopped_by(penguin, done, "InfraValidator", store)
    assert_stops_again(penguin, done, "InfraValidator", store, setting)
    rows = done.record["nodes"]["InfraValidator"]["verdict"]["rows"]
    failed = [check for check, result, _ in rows if result != "ok"]
    assert failed == ["REST: latency", "gRPC: latency"]


def test_a_model_that_predicts_nan_is_not_pushed(penguin, tmp_path):
    folder = tmp_path / "penguin"
    shutil.copytree(PENGUIN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "spoiled.py").write_text(SPOILED)
    store = tmp_path / "store"
    done = run_penguin(penguin, store, "trainer.run_fn=spoiled.run_fn", use_case=folder)

    assert done.states["Transform"] == "cached"
    assert_stopped_by(penguin, done, "InfraValidator", store)
    rows = done.record["nodes"]["InfraValidator"]["verdict"]["rows"]
    failed = {check for check, result, _ in rows if result != "ok"}
    assert "serving_rows, REST: finite numbers" in failed
    assert "serving_default, gRPC: finite numbers" in failed
