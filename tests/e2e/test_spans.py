"""Data that arrives in spans: what is ingested, what comes from the cache, what is trained on.

The taxi rows cut by month arrive as spans, with versions and marker files; and the two files of
taxi rows in TFX's wheel are two spans. The model is tiny: the runs are what is tested.
"""

import csv
import gzip
import importlib.util
import json
import os
from pathlib import Path

import pytest

COLUMNS = ("fare", "tips", "trip_start_month")
CASE = {
    "pipeline.yaml": """\
data:
  path: ../months/{SPAN}/v{VERSION}
  window: 2
  complete_marker: _SUCCESS
  label: tips
transform:
  label: tips
trainer:
  epochs: 1
  batch_size: 64
infra_validator:
  enabled: false
evaluator:
  metrics:
    MeanAbsoluteError: {max: 100}
""",
    "preprocessing.py": """\
import tensorflow as tf
import tensorflow_transform as tft


def preprocessing_fn(inputs):
    return {
        "fare": tft.scale_to_z_score(tf.cast(inputs["fare"], tf.float32)),
        "tips": tf.cast(inputs["tips"], tf.float32),
    }
""",
    "model.py": """\
import keras
import tensorflow_transform as tft

from components.trainer import keras_toolkit


def run_fn(fn_args):
    keras_toolkit.set_seed(fn_args)
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    fare = keras.Input((1,), name="fare")
    model = keras.Model({"fare": fare}, keras.layers.Dense(1)(fare))
    model.compile("adam", loss="mae")
    keras_toolkit.fit(model, train, evaluation, fn_args)
    keras_toolkit.export_model(
        model,
        transformed,
        fn_args.serving_model_dir,
        label="tips",
        raw_label="tips",
        task=keras_toolkit.Task.REGRESSION,
    )
""",
}
AFTER_SPANS = {
    "SchemaGen",
    "Transform",
    "Trainer",
    "LatestPushedModel",
    "Evaluator",
    "Pusher",
}


def of_span(*numbers):
    kinds = ("ExampleGen", "StatisticsGen", "ExampleValidator")
    return {f"{kind}.span-{number}" for kind in kinds for number in numbers}


def wheel_folder():
    (package,) = importlib.util.find_spec("tfx").submodule_search_locations
    return Path(package) / "components/testdata/external/csv"


def taxi_rows(month):
    with (wheel_folder() / "data.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["trip_start_month"] == str(month)]
    return [{column: row[column] for column in COLUMNS} for row in rows]


class Trips:
    """The use case, its data and its home."""

    def __init__(self, root, tidemill):
        self.root = root
        self.folder = root / "trips"
        self.folder.mkdir()
        for name, text in CASE.items():
            (self.folder / name).write_text(text)
        self.tidemill = tidemill(root / "home")

    def arrive(self, month, version=0, rows=None, marked=True):
        """Writes a month in two files; returns the rows."""
        rows = rows or taxi_rows(month)
        folder = self.root / "months" / str(month) / f"v{version}"
        folder.mkdir(parents=True)
        half = len(rows) // 2
        for name, part in (("a.csv", rows[:half]), ("b.csv", rows[half:])):
            with (folder / name).open("w", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(part)
        if marked:
            (folder / "_SUCCESS").touch()
        return rows

    def run(self, *options, settings=()):
        done = self.tidemill.run(self.folder, *settings, options=("--json", *options))
        assert done.status == 0, done.stdout + done.stderr
        return Ran(self.tidemill, done)


class Ran:
    """A run that succeeded."""

    def __init__(self, tidemill, done):
        self.record = done.record
        self._tidemill = tidemill
        self._executions = tidemill.executions(self.record["run_id"])
        store = tidemill.home / "models" / "trips"
        pushed = self.record["pushed_version"]
        self.origin = json.loads((store / f"{pushed}.json").read_text()) if pushed else None

    @property
    def executed(self):
        return {node for node, its in self.record["nodes"].items() if its["state"] == "done"}

    @property
    def cached(self):
        return {node for node, its in self.record["nodes"].items() if its["state"] == "cached"}

    @property
    def spans(self):
        """What the origin file of the pushed model says: span -> version."""
        return [(source["span"], source["version"]) for source in self.origin["data"]]

    @property
    def judged(self):
        """How many examples Evaluator saw."""
        return self.origin["metrics"]["example_count"]

    def rows(self, node):
        return self.record["nodes"][node]["rows"]

    def read_by(self, node):
        return self._tidemill.inputs(self._executions[node][1], "examples")

    def eval_rows(self, number):
        """Counts the eval split of a span, from the files that the run used."""
        uris = {source["span"]: source["uri"] for source in self.origin["data"]}
        return sum(count_records(path) for path in Path(uris[number], "Split-eval").iterdir())


def count_records(path):
    """Counts the records of a TFRecord file: a length, its checksum, the data, its checksum."""
    count = 0
    with gzip.open(path) as file:
        while head := file.read(8):
            file.seek(4 + int.from_bytes(head, "little") + 4, os.SEEK_CUR)
            count += 1
    return count


class Months:
    """What happens as months arrive, one run after each event."""

    def __init__(self, trips):
        self.trips = trips
        # Month 1 has only the value 1, month 2 only the value 2: a schema for both must have both.
        self.rows = {month: len(trips.arrive(month)) for month in (1, 2)}
        self.rows[4] = len(trips.arrive(4, marked=False))  # there is no month 3
        self.first = trips.run()
        (trips.root / "months" / "4" / "v0" / "_SUCCESS").touch()
        self.moved = trips.run()
        self.again = trips.run()
        self.late_rows = len(trips.arrive(2, version=1, rows=taxi_rows(2)[:200]))
        self.late = trips.run()
        self.held_back = trips.run("--span", "2")
        self.older = trips.run("--span", "2", settings=("pusher.push_older_span=true",))


@pytest.fixture(scope="module")
def trips(tmp_path_factory, tidemill):
    return Trips(tmp_path_factory.mktemp("spans"), tidemill)


@pytest.fixture(scope="module")
def months(trips):
    return Months(trips)


def test_the_first_run_ingests_the_whole_window(months):
    ran, rows = months.first, months.rows

    assert ran.executed == of_span(1, 2) | AFTER_SPANS
    assert ran.spans == [(1, 0), (2, 0)]
    assert (ran.rows("ExampleGen.span-1"), ran.rows("ExampleGen.span-2")) == (rows[1], rows[2])
    assert ran.rows("Transform") == rows[1] + rows[2]


def test_an_incomplete_span_is_passed_over_and_a_line_says_so(months):
    folder = months.trips.root / "months" / "4" / "v0"

    assert months.first.record["notes"] == [
        "spans 1 version 0, 2 version 0 are used, the last one judges (window 2)",
        f"span 4 version 0 is passed over: there is no _SUCCESS in {folder}",
    ]


def test_the_newest_span_alone_judges(months):
    ran = months.first

    assert len(ran.read_by("Transform")) == 2
    assert ran.read_by("Evaluator") == ran.read_by("Transform")[1:]
    assert ran.judged == ran.eval_rows(2) == ran.rows("Evaluator")
    assert 0 < ran.judged < months.rows[2] / 2


def test_when_a_span_arrives_only_that_one_is_ingested(months):
    ran = months.moved

    assert {"ExampleGen.span-2", "StatisticsGen.span-2"} <= ran.cached
    assert {"ExampleGen.span-4", "StatisticsGen.span-4"} <= ran.executed
    assert ran.spans == [(2, 0), (4, 0)]
    assert ran.read_by("Transform")[0] == months.first.read_by("Transform")[1]
    assert ran.rows("Transform") == months.rows[2] + months.rows[4]
    assert ran.judged == ran.eval_rows(4)


def test_a_run_without_anything_new_executes_nothing(months):
    assert months.again.executed == {"LatestPushedModel", "Pusher"}
    assert months.again.record["pushed_version"] == months.moved.record["pushed_version"]


def test_late_data_of_an_old_span_is_ingested_and_trained_on(months):
    ran = months.late

    assert {"ExampleGen.span-2", "StatisticsGen.span-2", "Transform", "Trainer"} <= ran.executed
    assert {"ExampleGen.span-4", "StatisticsGen.span-4"} <= ran.cached
    assert ran.spans == [(2, 1), (4, 0)]
    assert ran.rows("ExampleGen.span-2") == months.late_rows
    assert ran.judged == months.moved.judged


def test_a_model_of_an_older_span_does_not_replace_the_one_in_force(months):
    ran, in_force = months.held_back, months.late.record["pushed_version"]

    assert {"ExampleGen.span-1", "ExampleGen.span-2"} <= ran.cached
    assert {"Trainer", "Evaluator", "Pusher"} <= ran.executed
    assert ran.record["pushed_version"] is None
    assert ran.record["nodes"]["Pusher"]["summary"] == (
        f"trips was not pushed: its data ends with span 2, that of version {in_force} in force "
        "with span 4 (--set pusher.push_older_span=true pushes it)"
    )


def test_an_older_span_as_if_it_were_the_newest(months):
    ran = months.older

    assert ran.executed == {"LatestPushedModel", "Pusher"}
    assert ran.spans == [(1, 0), (2, 1)]
    assert ran.judged == ran.eval_rows(2) < months.late_rows


def test_a_dry_run_names_the_files_and_runs_nothing(months):
    trips = months.trips
    runs = len(trips.tidemill.status())
    done = trips.tidemill.run(trips.folder, "data.window=all", options=("--dry-run",))

    assert done.status == 0
    assert f"#   {trips.root}/months/2/v1/*.csv\n" in done.stdout
    assert "#   Evaluator                <- ExampleGen.span-4," in done.stdout
    assert len(trips.tidemill.status()) == runs


def test_nothing_runs_when_no_span_can_be_used(months):
    trips = months.trips
    runs = len(trips.tidemill.status())
    missing = trips.tidemill.run(trips.folder, options=("--span", "3"))
    unmarked = trips.tidemill.run(trips.folder, "data.complete_marker=_DONE")

    assert (missing.status, unmarked.status) == (2, 3)
    assert missing.stderr == (
        "tidemill: --span 3: there is no span 3; those that are there: 1, 2, 4\n"
    )
    assert "no span is complete yet; the newest, span 4 version 0" in unmarked.stderr
    assert len(trips.tidemill.status()) == runs


def test_the_files_of_the_wheel_are_two_spans(trips):
    """`data2.csv` is the newest: its eval split judges a model of both files."""
    (trips.root / "data1.csv").symlink_to(wheel_folder() / "data.csv")
    (trips.root / "data2.csv").symlink_to(wheel_folder() / "data2.csv")
    settings = ("data.path=../data{SPAN}.csv", "data.complete_marker=null")
    ran = trips.run(settings=settings)

    assert ran.spans == [(1, None), (2, None)]
    assert (ran.rows("ExampleGen.span-1"), ran.rows("ExampleGen.span-2")) == (10_000, 5_000)
    assert ran.judged == ran.eval_rows(2)
    assert trips.run(settings=settings).executed == {"LatestPushedModel", "Pusher"}
