"""Packaging: what Tidemill needs, as ranges. requirements.lock pins the versions in use."""

from setuptools import find_packages, setup

RUN_TIME = [
    "annotated-types>=0.7",
    "apache-beam>=2.70,<3",
    "click>=8.1",
    "croniter>=6.0",
    "google-crc32c>=1.6",
    "grpcio>=1.70",
    "grpcio-health-checking>=1.70",
    "grpcio-reflection>=1.70",
    "httpcore>=1.0",
    "httptools>=0.6",
    "httpx>=0.27",
    "keras>=3.12,<4",
    "keras-tuner>=1.4.7,<2",
    "kfp[kubernetes]>=2.16,<3",
    "ml-metadata~=1.21.0",
    "numpy>=1.26",
    "orjson>=3.10",
    "pandas>=2.2,<3",
    "prometheus-client>=0.21",
    "protobuf>=6.31,<7",
    "pyarrow>=16",
    "pydantic>=2.10,<3",
    "pyyaml>=6.0",
    "rich>=13.9",
    "starlette>=0.45",
    "tensorboard~=2.21.0",  # KerasTuner imports it without asking for it
    "tensorflow~=2.21.0",
    "tensorflow-data-validation~=1.21.0",
    "tensorflow-metadata~=1.21.0",
    "tensorflow-model-analysis~=0.52.0",
    "tensorflow-serving-api~=2.19",
    "tensorflow-transform~=1.21.0",
    "tfx~=1.21.0",
    "typing-extensions>=4.12",
    "uvicorn>=0.34",
    "uvloop>=0.21",
]

DEVELOPMENT = [
    "grpc-stubs>=1.53",
    "hypothesis>=6.115",
    "import-linter>=2.3",
    "kubernetes-validate>=1.34",
    "mypy>=1.15",
    "pandas-stubs>=2.2",
    "pip>=24",  # TFX packages `module_file` with it; in the benchmark, stock TFX does
    "psutil>=6",
    "pytest>=8.3",
    "pytest-cov>=7.0",
    "pytest-xdist>=3.6",
    "ruff>=0.11",
    "scikit-learn>=1.5",  # its data sets
    "trustme>=1.2",
    "types-PyYAML>=6.0",
    "types-croniter>=6.0",
    "types-protobuf>=5.29",
]

setup(
    name="tidemill",
    version="0.1.0",
    description="Continuous training for TensorFlow models: one TFX pipeline, laptop to Kubernetes",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10,<3.14",
    package_dir={"": "."},  # makes an editable install one plain path
    packages=find_packages(
        include=["components", "components.*", "pipeline", "pipeline.*", "serving", "serving.*"]
    ),
    install_requires=RUN_TIME,
    extras_require={"dev": DEVELOPMENT},
    entry_points={"console_scripts": ["tidemill = pipeline.cli.main:main"]},
)
