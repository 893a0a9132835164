"""The taxi DAG as TFX's tutorials run it: stock components, LocalDagRunner, the same user code.

python stock_pipeline.py ROOT [--tuned]

InfraValidator is left out, because TFX's own needs Docker or Kubernetes; Tidemill's run has one.
`--tuned` gives stock TFX two of the settings that Tidemill uses and TFX does not: functions by
dotted path instead of `module_file` (which TFX packages as a wheel for every component), and the
Beam runner named (TFX's default tries to download Prism first).
"""

import sys
from pathlib import Path

from tfx import v1 as tfx

from components.evaluator.thresholds import Bounds, Metric, Scopes, eval_config
from pipeline.config.loading import load_config
from pipeline.config.paths import resolve_data_path, resolve_schema_file
from pipeline.dag import BEAM_PIPELINE_ARGS
from pipeline.training_nodes import search_settings, training_settings

USE_CASE = Path(__file__).resolve().parents[2] / "examples" / "taxi"


def user_code(root: Path, *, tuned: bool) -> dict[str, dict[str, str]]:
    """The parameters that name the user's functions, for each component that calls one."""
    if tuned:
        return {
            "transform": {"preprocessing_fn": "taxi.preprocessing.preprocessing_fn"},
            "tuner": {"tuner_fn": "taxi.model.tuner_fn"},
            "trainer": {"run_fn": "taxi.model.run_fn"},
        }
    # TFX packages a module file's neighbours as top-level modules: relative imports cannot work.
    modules = root / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    for name in ("model.py", "preprocessing.py"):
        text = (USE_CASE / name).read_text(encoding="utf-8")
        (modules / name).write_text(text.replace("from .", "from "), encoding="utf-8")
    model = {"module_file": str(modules / "model.py")}
    return {
        "transform": {"module_file": str(modules / "preprocessing.py")},
        "tuner": model,
        "trainer": model,
    }


def build(root: Path, *, tuned: bool) -> tfx.dsl.Pipeline:
    functions = user_code(root, tuned=tuned)
    config = load_config(USE_CASE)
    training = {"training": dict(training_settings(config))}
    search = {"tuner": dict(search_settings(config))}
    data = Path(resolve_data_path(config, USE_CASE))
    train_args = tfx.proto.TrainArgs(splits=["train"])
    eval_args = tfx.proto.EvalArgs(splits=["eval"])
    example_gen = tfx.components.CsvExampleGen(
        input_base=str(data.parent),
        input_config=tfx.proto.Input(splits=[tfx.proto.Input.Split(name="all", pattern=data.name)]),
    )
    examples = example_gen.outputs["examples"]
    statistics_gen = tfx.components.StatisticsGen(examples=examples)
    schema_gen = tfx.components.ImportSchemaGen(
        schema_file=str(resolve_schema_file(config, USE_CASE))
    )
    schema = schema_gen.outputs["schema"]
    validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema
    )
    transform = tfx.components.Transform(
        examples=examples,
        schema=schema,
        **functions["transform"],
        **({"disable_statistics": True} if tuned else {}),
    )
    tuner = tfx.components.Tuner(
        **functions["tuner"],
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=train_args,
        eval_args=eval_args,
        custom_config={**training, **search},
    )
    trainer = tfx.components.Trainer(
        **functions["trainer"],
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        hyperparameters=tuner.outputs["best_hyperparameters"],
        train_args=train_args,
        eval_args=eval_args,
        custom_config=training,
    )
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model")
    evaluator = tfx.components.Evaluator(
        examples=examples,
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"],
        schema=schema,
        eval_config=eval_config(
            config.evaluator.signature,
            config.transform.label,
            config.evaluator.slices,
            [
                Metric(
                    name,
                    Scopes(Bounds(metric.min, metric.max, metric.min_change, metric.max_change)),
                )
                for name, metric in config.evaluator.metrics.items()
            ],
        ),
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(root / "serving"))
        ),
    )
    return tfx.dsl.Pipeline(
        "taxi",
        str(root / "artifacts"),
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            validator,
            transform,
            tuner,
            trainer,
            resolver,
            evaluator,
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(root / "metadata.db")
        ),
        beam_pipeline_args=[BEAM_PIPELINE_ARGS[0]] if tuned else [],
    )


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner().run(build(Path(sys.argv[1]), tuned="--tuned" in sys.argv))
