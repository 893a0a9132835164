"""What is the same in the `run_fn` and `tuner_fn` of every Keras use case.

The modules behind it: `datasets` (input), `training` (seed, callbacks, fit), `warm_start` (weights
of the latest pushed model), `export` (SavedModel and signatures), `options` (what `pipeline.yaml`
says).
"""

from components.trainer.datasets import make_dataset, train_and_eval
from components.trainer.export import export_model
from components.trainer.options import TrainingOptions
from components.trainer.signatures import Task
from components.trainer.training import callbacks, fit, hyperparameters, set_seed
from components.trainer.warm_start import warm_start

__all__ = [
    "Task",
    "TrainingOptions",
    "callbacks",
    "export_model",
    "fit",
    "hyperparameters",
    "make_dataset",
    "set_seed",
    "train_and_eval",
    "warm_start",
]
