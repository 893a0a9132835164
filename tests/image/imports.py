"""Imports all that the image may have to import; run inside of it. Says what fails.

A name after a colon must be there too: some packages go on without what they cannot import.
"""

import importlib
import pkgutil
import sys
import traceback

sys.path.insert(0, "examples")

import components
import pipeline
import serving

# What use cases import, what the pipeline names by a dotted path, what paths of gs:// and other
# runners of Beam load when they are asked for.
LIBRARIES = """
tfx.v1:dsl tfx.components.statistics_gen.executor tfx.components.transform.executor
tensorflow_transform tensorflow_data_validation:generate_statistics_from_csv tfx_bsl.public.tfxio
tensorflow_model_analysis:METRICS_KEY
keras keras_tuner tf_keras tensorflow sklearn scipy.stats pandas pyarrow.parquet PIL.Image h5py
kubernetes.client kfp.compiler kfp.client
apache_beam.io.gcp.gcsfilesystem google.cloud.storage
apache_beam.runners.portability.flink_runner apache_beam.runners.portability.prism_runner
taxi.model taxi.preprocessing penguin.model penguin.preprocessing
"""


def own_modules():
    for package in (components, pipeline, serving):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(".__main__"):
                yield module.name


failures = []
for name in [*LIBRARIES.split(), *own_modules()]:
    module, _, attribute = name.partition(":")
    try:
        imported = importlib.import_module(module)
        if attribute:
            getattr(imported, attribute)
    except Exception:  # noqa: BLE001  whatever it is, the next one is tried too
        failures.append(f"{name}: {traceback.format_exc(limit=-3)}")
sys.exit("\n".join(failures) or 0)
