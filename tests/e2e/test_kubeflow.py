"""A compiled pipeline's tasks, as Kubeflow would start them. In a cluster: `tests/cluster`."""

from __future__ import annotations

import html
import json
import re
import signal
from pathlib import Path

import pytest
from kubeflow_tasks import (
    LIMIT_SECONDS,
    await_line,
    await_running,
    kill_whole,
    kill_worker,
    running_cluster,
)
from pipeline_spec_interpreter import tasks_to_run

from pipeline.kubeflow.lease import Lease
from pipeline.kubeflow.task_result import TaskResult

ROOT = Path(__file__).resolve().parents[2]
PENGUIN = ROOT / "examples" / "penguin"
DATA, TRAINING, PUBLISHING = range(3)
GATE_STATUS, TERMINATED = 3, 143


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("volume")) as running:
        yield running


@pytest.fixture(scope="module")
def first(cluster):
    """A first run of the penguin example."""
    return cluster.run("run-1", PENGUIN)


@pytest.fixture(scope="module")
def again(cluster, first):
    """The same once more, before anything else is pushed."""
    assert [ended.status for ended in first] == [0, 0, 0], first[-1].log
    return cluster.run("run-2", PENGUIN)


def words_of(report):
    """Returns what a person reads on a page, with one space between words."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", report.read_text(encoding="utf-8"))
    return " ".join(html.unescape(text).split())


def test_every_node_runs_in_its_task(cluster, first):
    assert [ended.status for ended in first] == [0, 0, 0], first[-1].log
    assert [set(ended.states.values()) for ended in first] == [{"done"}] * 3
    assert {node for ended in first for node in ended.states} == set(cluster.executions("run-1"))
    assert set(map(tuple, cluster.executions("run-1").values())) == {("COMPLETE",)}


@pytest.mark.usefixtures("again")
def test_the_model_is_pushed(cluster, first):
    assert [path.name for path in cluster.models] == [first[PUBLISHING].result.pushed_version]
    assert (cluster.models[0] / "saved_model.pb").is_file()


def test_kubeflow_gets_a_report_and_metrics_of_each_task(first):
    for ended in first:
        report = ended.task.report.read_text(encoding="utf-8")
        assert all(node in report for node in ended.states)
        output = json.loads(ended.task.executor_output.read_text(encoding="utf-8"))
        (metrics,) = output["artifacts"]["metrics"]["artifacts"]
        assert all(f"{node} seconds" in metrics["metadata"] for node in ended.states)


def test_the_report_holds_statistics_schema_thresholds_and_what_was_pushed(first):
    data, _, publishing = (words_of(ended.task.report) for ended in first)

    assert "Statistics of train: 234 rows" in data
    assert "culmen_depth_mm float 0.0% 0.46632" in data
    assert "Schema feature type presence values domain environments" in data
    assert "species INT every row 1 TRAINING" in data
    assert "all examples sparse_categorical_accuracy" in publishing
    assert ">= 0.9 met" in publishing
    assert f"pushed as version {first[PUBLISHING].result.pushed_version}" in publishing


def test_the_log_holds_the_logs_of_the_nodes(first):
    log = first[TRAINING].log
    begin, end = log.index("tidemill-log begins: Trainer"), log.index("tidemill-log ends: Trainer")

    assert "val_loss" in log[begin:end]


def test_an_unchanged_run_is_answered_from_the_cache_and_says_so(cluster, again):
    assert [ended.status for ended in again] == [0, 0, 0], again[-1].log
    assert {state for ended in again[:PUBLISHING] for state in ended.states.values()} == {"cached"}
    assert again[PUBLISHING].states["Evaluator"] == "cached"
    assert [ended.result.nothing_new for ended in again] == [False, False, True]
    assert len(cluster.models) == 1


@pytest.mark.usefixtures("again")
def test_a_task_for_each_node_gives_the_same_results(cluster):
    """What fused tasks have put out answers for all of them."""
    single = cluster.run("single", PENGUIN, "kubeflow.fuse=false")

    assert [len(ended.states) for ended in single] == [1] * 10
    states = {node: state for ended in single for node, state in ended.states.items()}
    executed = {node for node, state in states.items() if state != "cached"}
    assert executed == {"LatestPushedModel", "Pusher"}
    assert single[-1].result.nothing_new


@pytest.mark.usefixtures("again")
def test_a_task_that_is_tried_again_after_its_success_repeats_its_answer(cluster, first):
    task = first[TRAINING].task
    task.executor_output.unlink()
    ended = cluster.run_alone(task)

    assert (ended.status, ended.states) == (0, {"Trainer": "done"})
    assert task.executor_output.is_file()
    assert cluster.executions("run-1")["Trainer"] == ["COMPLETE"]


@pytest.mark.usefixtures("again")
def test_a_gate_stops_the_run_with_its_table(cluster):
    shut = cluster.run("gate", PENGUIN, "evaluator.metrics.SparseCategoricalAccuracy.min=1.5")

    assert [ended.status for ended in shut] == [0, 0, GATE_STATUS]
    shown = shut[-1].log.partition("tidemill-result")[0]
    assert "Evaluator: " in shown
    assert "1.5" in shown
    assert shut[-1].result.cause.startswith("Evaluator: ")
    report = words_of(shut[-1].task.report)
    assert "penguin: stopped" in report
    assert "sparse_categorical_accuracy 1 >= 1.5 missed" in report
    assert len(cluster.models) == 1

    tried_again = cluster.run_task(shut[-1].task)
    assert tried_again.status == GATE_STATUS
    assert tried_again.result.cause == shut[-1].result.cause
    assert words_of(shut[-1].task.report).count(">= 1.5 missed") == 1


@pytest.mark.usefixtures("again")
def test_a_pod_that_is_lost_is_followed_by_one_that_goes_on(cluster):
    settings = ("trainer.seed=7",)
    data, training, publishing = cluster.tasks("lost", PENGUIN, *settings)
    assert cluster.run_task(data).status == 0
    with cluster.started(training) as process:
        await_running(cluster, "lost", "Trainer")
        kill_whole(process)

    with cluster.started(training) as process:
        kill_worker(process)
        log, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 1
    killed = TaskResult.found_in(log).nodes["Trainer"]
    assert killed["state"] == "failed"
    assert killed["cause"].endswith("killed by SIGKILL; raise memory in kubeflow.resources")
    assert "tidemill-log begins: worker\n" in log
    assert "see /" not in log

    assert cluster.run_task(training).status == 0
    ended = cluster.run_task(publishing)

    assert ended.status == 0, ended.log
    assert cluster.executions("lost")["Trainer"] == ["COMPLETE"]
    assert len(cluster.models) == 2


def test_a_run_cleans_up_after_those_before_it(cluster):
    """Pods have no home that a later run could put in order."""

    def data_task(run_id, *settings):
        return cluster.tasks(run_id, PENGUIN, "name=tidy", "pipeline.keep_runs=1", *settings)[DATA]

    old = cluster.run_alone(data_task("tidy-1"), "tidy")
    lost = data_task("tidy-2", "data.splits={train: 3, eval: 1}")
    with cluster.started(lost) as process:
        await_running(cluster, "tidy-2", "Transform")
        kill_whole(process)
    cluster.end_run(lost, "tidy")
    new = cluster.run_alone(data_task("tidy-3", "data.splits={train: 3, eval: 1}"), "tidy")

    assert old.status == new.status == 0, new.log
    assert cluster.executions("tidy-2")["Transform"] == ["FAILED"]
    made = (cluster.folder / "runs" / "tidy" / "Transform" / "transform_graph").iterdir()
    graphs = cluster.service.store().get_artifacts_by_type("TransformGraph")
    live = [Path(graph.uri) for graph in graphs if graph.state == graph.LIVE]
    assert sorted(made) == [uri for uri in live if uri.parts[-4] == "tidy"]
    assert len([uri for uri in live if uri.parts[-4] == "tidy"]) == 1


@pytest.mark.usefixtures("again")
def test_a_run_that_is_terminated_leaves_nothing_running(cluster):
    task = cluster.tasks("terminated", PENGUIN, "trainer.seed=8")[TRAINING]
    assert (
        cluster.run_task(cluster.tasks("terminated", PENGUIN, "trainer.seed=8")[DATA]).status == 0
    )
    with cluster.started(task) as process:
        await_running(cluster, "terminated", "Trainer")
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == TERMINATED, log
    assert cluster.executions("terminated")["Trainer"] == ["FAILED"]


@pytest.mark.usefixtures("again")
def test_a_run_waits_for_another_one_of_its_pipeline_and_says_for_which(cluster):
    task = cluster.tasks("second", PENGUIN)[DATA]
    other = Lease(cluster.service.store(), "penguin", "somebody-elses")
    other.acquire(lambda _: None)
    with cluster.started(task) as process:
        await_line(process, "waiting for run somebody-elses of this pipeline to end")
        other.release()
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == 0, log
    cluster.run_alone(task)


@pytest.mark.usefixtures("again")
def test_a_metadata_service_that_is_rolled_over_is_waited_for(cluster):
    task = cluster.tasks("rolled", PENGUIN)[DATA]
    cluster.service.stop()
    with cluster.started(task) as process:
        await_line(process, "the metadata service is not there")
        cluster.service.start()
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == 0, log
    cluster.run_alone(task)


@pytest.mark.usefixtures("again")
def test_an_image_with_other_code_is_refused(cluster, tmp_path):
    use_case = tmp_path / "penguin"
    use_case.mkdir()
    for file in PENGUIN.iterdir():
        if file.is_file():
            (use_case / file.name).write_bytes(file.read_bytes())
    in_image = ROOT / "use_cases"
    task = cluster.tasks("other", use_case)[DATA]
    ended = cluster.run_task(task)

    assert not in_image.exists()
    assert ended.status == 2
    assert "use_cases/penguin: no such folder" in ended.log


@pytest.fixture(scope="module")
def spans(cluster):
    """Adds a span of data to the cluster's volume."""
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/penguin/data"

    def add(number):
        folder = cluster.folder / "data" / f"span-{number}"
        folder.mkdir(parents=True)
        for file in source.glob("*/*.gz"):
            (folder / f"{file.parent.name}-{file.name}").write_bytes(file.read_bytes())

    return add


def test_spans_are_chosen_when_a_run_starts(cluster, spans):
    """One compiled pipeline, whatever data arrives later; each span is read once."""
    settings = (f"data.path={cluster.folder}/data/span-{{SPAN}}/*", "data.window=2", "name=birds")

    def data_task(run_id, **parameters):
        package = cluster.compiled(PENGUIN, *settings)
        task = next(tasks_to_run(package, run_id, cluster.folder / "kfp", parameters))
        return cluster.run_alone(task, "birds")

    spans(1)
    alone = data_task("span-1")
    spans(2)
    both = data_task("span-2")
    spans(3)
    tried_again = data_task("span-2")
    backfilled = data_task("span-back", span="2")

    assert alone.status == both.status == tried_again.status == backfilled.status == 0, both.log
    assert alone.states["ExampleGen.span-1"] == "done"
    assert both.states["ExampleGen.span-1"] == "cached"
    assert both.states["ExampleGen.span-2"] == "done"
    assert set(tried_again.states) == set(both.states)
    assert set(backfilled.states) == set(both.states)
    assert set(backfilled.states.values()) == {"cached"}
