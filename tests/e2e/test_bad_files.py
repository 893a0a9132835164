"""Files that are at fault: exit status 3, file and place and fix in a table, nothing pushed."""

from pathlib import Path

import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
FAULTS = Path(__file__).parent / "faults"
GATE_STATUS = 3
CSV = ("data.format=csv", "data.label=tips")


@pytest.fixture
def run(penguin):
    """Runs the use case on other data, in a home whose cache and model store are filled."""

    def run_on(data, *settings, options=("--json",)):
        before = penguin.tidemill.models("penguin")
        done = penguin.tidemill.run(PENGUIN, f"data.path={data}", *settings, options=options)
        assert done.status == GATE_STATUS, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert penguin.tidemill.models("penguin") == before
        return done

    return run_on


def assert_refused(penguin, done):
    """The run stopped at ExampleGen, whose execution failed and left nothing to take for data."""
    states = dict(done.states)
    assert done.record["outcome"] == "stopped by a gate"
    assert states.pop("ExampleGen") == "stopped"
    assert set(states.values()) == {"not run"}
    run_id = done.record["run_id"]
    assert penguin.tidemill.executions(run_id)["ExampleGen"][0] == "FAILED"
    execution = done.record["nodes"]["ExampleGen"]["execution_id"]
    assert not list(penguin.tidemill.home.glob(f"artifacts/penguin/ExampleGen/*/{execution}/*"))


def test_a_row_that_lacks_a_cell_is_named_each_time(run, penguin, tmp_path):
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_text("miles,tips\n" + "1,2\n" * 30)
    bad.write_text("miles,tips\n" + "1,2\n" * 30 + "3\n4,\n")
    told = run(tmp_path, *CSV)
    shown = run(tmp_path, *CSV, options=())

    assert_refused(penguin, told)
    verdict = told.record["nodes"]["ExampleGen"]["verdict"]
    (row,) = verdict["rows"]
    assert row[:3] == ["b.csv", "line 32", "1 cells, the header has 2: '3'"]
    for part in ("b.csv", "line 32", "what to do", "mend the row", verdict["advice"]):
        assert part in shown.stdout


def test_a_mended_file_is_read_again(run, tmp_path):
    data = tmp_path / "a.csv"
    data.write_text('miles,tips\n1,"2\n')
    assert "never closed" in run(data, *CSV).record["nodes"]["ExampleGen"]["cause"]
    data.write_text("miles,tips\n1,2\n1,\n")

    assert "line 3: no label" in run(data, *CSV).record["nodes"]["ExampleGen"]["cause"]


def test_rows_that_arrive_once_the_cache_was_asked(run, penguin, tmp_path, monkeypatch):
    """They would be kept as those of the shorter file, and be given out where nothing is new."""
    data = tmp_path / "a.csv"
    data.write_text("miles,tips\n" + "1,2\n" * 30)
    monkeypatch.setenv("PYTHONPATH", str(FAULTS))
    monkeypatch.setenv("FAULT_NODE", "ExampleGen")
    monkeypatch.setenv("FAULT_KIND", "data grows")
    monkeypatch.setenv("FAULT_FILE", str(data))
    done = run(data, *CSV)

    assert_refused(penguin, done)
    assert done.record["nodes"]["ExampleGen"]["cause"] == f"{data}: changed while it was read"


def test_a_tfrecord_that_is_cut_off(run, penguin, tmp_path):
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/penguin/data"
    whole = next(source.rglob("*.gz")).read_bytes()
    (tmp_path / "birds.tfrecord.gz").write_bytes(whole[: len(whole) // 2])
    done = run(tmp_path)

    assert_refused(penguin, done)
    cause = done.record["nodes"]["ExampleGen"]["cause"]
    assert cause.startswith("birds.tfrecord.gz, record ")
    assert "the compressed file is damaged or cut off here" in cause


def test_an_unknown_label_names_the_nearest_feature(penguin):
    done = penguin.tidemill.run(PENGUIN, "data.label=specie")

    assert done.status == GATE_STATUS
    (row,) = done.record["nodes"]["ExampleGen"]["verdict"]["rows"]
    assert row[2:] == [
        "no record has a feature 'specie', which data.label names",
        "did you mean 'species'?",
    ]
