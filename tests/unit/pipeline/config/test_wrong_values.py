"""Values that a key cannot have, and what is said of them."""

from __future__ import annotations

import pytest

FILE = "taxi/pipeline.yaml"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.epochs=five", "trainer.epochs = five: must be an integer"),
        ("trainer.epochs=true", "trainer.epochs = true: must be an integer"),
        ("trainer.epochs=2.0", "trainer.epochs = 2.0: must be an integer"),
        ("trainer.epochs='5'", 'trainer.epochs = "5": must be an integer'),
        ("trainer.epochs=", "trainer.epochs = null: must be an integer"),
        ("trainer.epochs=0", "trainer.epochs = 0: must be at least 1"),
        ("trainer.seed=4294967296", "trainer.seed = 4294967296: must be at most 4294967295"),
        ("trainer.parameters=[1]", "trainer.parameters = [1]: must be a mapping of keys to values"),
        ("trainer=3", "trainer = 3: must be a mapping of keys to values"),
        ("tuner.trials=0", "tuner.trials = 0: must be at least 1"),
        ("tuner.enabled=yes", "tuner.enabled = yes: must be true or false"),
        ("tuner.direction=up", "tuner.direction = up: must be 'min' or 'max'"),
        ("data.format=xls", "data.format = xls: must be 'csv', 'parquet' or 'tfrecord'"),
        ("data.types={fare: number}", "data.types.fare = number: must be 'int', 'float' or 'text'"),
        ("data.label=5", 'data.label = 5: must be a text; quote it: "5"'),
        ("data.label=' '", 'data.label = " ": must not be empty, nor begin or end with a space'),
        (
            "data.splits={}",
            ("data.splits = {}: lacks the split train and eval; write {train: 1, eval: 1}"),
        ),
        (
            "data.splits={train: 4, test: 1}",
            (
                "data.splits = {train: 4, test: 1}: "
                "lacks the split eval; write {train: 4, test: 1, eval: 1}"
            ),
        ),
        (
            "data.allow=[SCHEMA_NEW_COLUM]",
            (
                "data.allow[0] = SCHEMA_NEW_COLUM: 'SCHEMA_NEW_COLUM' is no kind of anomaly; "
                "did you mean SCHEMA_NEW_COLUMN? Write a KIND, a feature, or feature: KIND"
            ),
        ),
        (
            "data.allow=[tolls, {fare: FLOAT_TYPE_BIG}]",
            (
                "data.allow[1] = {fare: FLOAT_TYPE_BIG}: 'FLOAT_TYPE_BIG' is no kind of anomaly; "
                "did you mean FLOAT_TYPE_BIG_FLOAT? Write a KIND, a feature, or feature: KIND"
            ),
        ),
        ("data.allow=tolls", "data.allow = tolls: must be a list"),
        ("data.allow=[5]", 'data.allow[0] = 5: must be a text; quote it: "5"'),
        (
            "data.allow=[{a: SCHEMA_NEW_COLUMN, b: SCHEMA_NEW_COLUMN}]",
            "data.allow[0] = {a: SCHEMA_NEW_COLUMN, b: SCHEMA_NEW_COLUMN}: must be a text",
        ),
        ("data.window=0", "data.window = 0: must be an integer of at least 1, or all"),
        ("data.window=some", "data.window = some: must be an integer of at least 1, or all"),
        ("data.window=true", "data.window = true: must be an integer of at least 1, or all"),
        (
            "data.complete_after_seconds=0",
            "data.complete_after_seconds = 0: must be greater than 0.0",
        ),
        (
            "data.complete_marker=../done",
            (
                "data.complete_marker = ../done: "
                "must be the name of a file, without folders, such as _SUCCESS"
            ),
        ),
        ("data.splits.train=0", "data.splits.train = 0: must be at least 1"),
        (
            "data.splits.Test=1",
            (
                "data.splits.Test: a split's name must be a lower-case "
                "letter followed by lower-case letters, digits or _, such as train"
            ),
        ),
        ("transform.label=", "transform.label = null: must be a text"),
        (
            "trainer.run_fn=run_fn",
            (
                "trainer.run_fn = run_fn: must be MODULE.FUNCTION, relative "
                "to the use case's folder, such as model.run_fn"
            ),
        ),
        (
            "trainer.run_fn=model.py:run",
            (
                "trainer.run_fn = model.py:run: must be MODULE.FUNCTION, "
                "relative to the use case's folder, such as model.run_fn"
            ),
        ),
        (
            "trainer.run_fn=model.class",
            (
                "trainer.run_fn = model.class: must be MODULE.FUNCTION, "
                "relative to the use case's folder, such as model.run_fn"
            ),
        ),
        (
            "trainer.parameters.rate=.inf",
            (
                "trainer.parameters = {rate: .inf}: must hold finite "
                "numbers, texts, booleans, nulls, lists and mappings only"
            ),
        ),
        ("evaluator.slices=[company]", "evaluator.slices[0] = company: must be a list"),
        (
            "evaluator.slices=[[a], []]",
            (
                "evaluator.slices = [[a], []]: has an empty slice; "
                "remove it, the overall slice is always there"
            ),
        ),
        (
            "evaluator.slices=[[a, b], [b, a]]",
            ("evaluator.slices = [[a, b], [b, a]]: names the slice [b, a] twice; remove one"),
        ),
        (
            "evaluator.metrics=",
            (
                "evaluator.metrics = null: has no threshold, so every model "
                "would be blessed; add one, such as AUC: {min: 0.7}"
            ),
        ),
        (
            "evaluator.metrics={AUC: {config: {a: 1}}}",
            (
                "evaluator.metrics = {AUC: {config: "
                "{a: 1}}}: has no threshold, so every model would be blessed; "
                "add one, such as AUC: {min: 0.7}"
            ),
        ),
        (
            "evaluator.metrics.auc.min=0.5",
            ("evaluator.metrics.auc: there is no metric 'auc'; did you mean AUC?"),
        ),
        (
            "evaluator.metrics={FairnessIndicators: {max: 0.1}}",
            (
                "evaluator.metrics = {FairnessIndicators: {max: 0.1}}: FairnessIndicators has "
                "several values and none of its own; put the bounds below one of them, such as "
                "values: {false_positive_rate: {max: 0.1}}"
            ),
        ),
        (
            "evaluator.metrics={FairnessIndicators: {values: {false_positives: {max: 0.1}}}}",
            (
                "evaluator.metrics: FairnessIndicators has no value 'false_positives'; "
                "did you mean false_positive_rate?"
            ),
        ),
        (
            (
                "evaluator.metrics={FairnessIndicators: "
                "{values: {recall: {min: 0}}, config: {thresholds: [1]}}}"
            ),
            (
                "evaluator.metrics: FairnessIndicators needs thresholds between 0 and 1, "
                "such as config: {thresholds: [0.5]}"
            ),
        ),
        (
            "evaluator.without_baseline=reject",
            "evaluator.without_baseline = reject: must be 'accept' or 'refuse'",
        ),
        (
            "evaluator.metrics.AUC.min=.nan",
            ("evaluator.metrics.AUC.min = .nan: must be a finite number"),
        ),
        (
            "evaluator.metrics.AUC.max=0.5",
            (
                "evaluator.metrics.AUC = {min: 0.7, max: 0.5}: "
                "min 0.7 is above max 0.5, so no model can pass; swap them"
            ),
        ),
        (
            "evaluator.metrics.AUC={min_change: 0, max_change: 0}",
            (
                "evaluator.metrics.AUC = {min_change: 0, max_change: 0}: has both min_change "
                "and max_change, and TFMA compares in one direction only; keep min_change where "
                "larger is better, max_change where smaller is better"
            ),
        ),
        (
            "evaluator.metrics.AUC={per_slice: {min: 0.5}}",
            (
                "evaluator = {metrics: {AUC: "
                "{per_slice: {min: 0.5}}}}: AUC has bounds per_slice, but there are no slices; "
                "add evaluator.slices, such as [[company]]"
            ),
        ),
        (
            "infra_validator.max_latency_ms=0",
            ("infra_validator.max_latency_ms = 0: must be greater than 0.0"),
        ),
        (
            "pusher.model_store=gs://bucket/models",
            (
                "pusher.model_store = gs://bucket/models: "
                "must be a file-system path: a model is published by an atomic rename, which "
                "buckets do not have; mount the storage and give its path"
            ),
        ),
        ("pusher.keep_versions=0", "pusher.keep_versions = 0: must be at least 1"),
        (
            "pusher.servers=[taxi-server]",
            (
                "pusher.servers[0] = taxi-server: must be HOST:PORT, such as taxi-server:8500, "
                "the gRPC port"
            ),
        ),
        (
            "pusher.servers=['http://taxi-server:8500']",
            (
                "pusher.servers[0] = http://taxi-server:8500: must be HOST:PORT, such as "
                "taxi-server:8500, the gRPC port"
            ),
        ),
        (
            "pusher.servers=['taxi-server:85000']",
            (
                "pusher.servers[0] = taxi-server:85000: has no such port; "
                "it must be between 1 and 65535"
            ),
        ),
        (
            "infra_validator.backend=docker",
            "infra_validator.backend = docker: must be 'process' or 'kubernetes'",
        ),
        (
            "infra_validator.kubernetes.memory=2GB",
            (
                'infra_validator.kubernetes.memory = "2GB": must be a quantity as Kubernetes '
                "writes it, such as 500m, 2 or 4Gi"
            ),
        ),
        (
            "infra_validator.kubernetes.flags=[enable_batching]",
            (
                "infra_validator.kubernetes.flags = [enable_batching]: has enable_batching; "
                "write flags as --name=value"
            ),
        ),
        (
            "infra_validator.kubernetes.flags=[--port=80]",
            (
                'infra_validator.kubernetes.flags = ["--port=80"]: has --port=80, which '
                "InfraValidator sets itself; remove it"
            ),
        ),
        (
            "name=Taxi",
            (
                "name = Taxi: must be a lower-case letter followed by lower-case letters, "
                "digits, _ or -, such as taxi; set name in pipeline.yaml"
            ),
        ),
    ],
)
def test_a_wrong_value(override, message, problems):
    assert problems(override) == [f"from --set {override}: {message}"]


def test_a_wrong_value_of_the_file_names_its_line(folder, write, problems):
    write(
        (folder / "pipeline.yaml").read_text()
        + "  slices:\n  - [hour]\n  - company\ntrainer: {epochs: 0,\n  seed: -1}\n"
    )

    assert problems() == [
        f"{FILE}:10: evaluator.slices[1] = company: must be a list",
        f"{FILE}:11: trainer.epochs = 0: must be at least 1",
        f"{FILE}:12: trainer.seed = -1: must be at least 0",
    ]


def test_types_are_for_csv(problems):
    (problem,) = problems("data.format=parquet", "data.types={fare: int}")

    assert problem.endswith(
        ": types is for CSV, and parquet files have types of their own; remove data.types"
    )
