"""What people would use instead, as they would write it, each on a port and a SavedModel.

Usage: peers.py keras|fastapi|mlflow|ray|echo PORT MODEL_FOLDER KERAS_FILE
(`keras` is FastAPI around the Keras model, `fastapi` around the SavedModel's signature, which is
faster; `echo` is grpcio alone: a service that answers a message with itself.)
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SIGNATURE = "serving_rows"


class SavedModel:
    """A SavedModel's signature as a function of rows, the way that TensorFlow's guide shows it."""

    def __init__(self, folder):
        import tensorflow as tf

        self._tf = tf
        self._loaded = tf.saved_model.load(folder)
        self._call = self._loaded.signatures[SIGNATURE]
        self._specs = self._call.structured_input_signature[1]

    def __call__(self, rows):
        inputs = {
            name: self._tf.constant([row[name] for row in rows], spec.dtype)
            for name, spec in self._specs.items()
        }
        return {name: value.numpy().tolist() for name, value in self._call(**inputs).items()}


class KerasModel:
    """A Keras model behind its Transform graph, called as `model(features)`."""

    def __init__(self, folder, file):
        import keras
        import tensorflow as tf

        self._tf = tf
        self._loaded = tf.saved_model.load(folder)
        self._transform = self._loaded.signatures["transform_features"]
        self._model = keras.models.load_model(file, compile=False)

    def __call__(self, rows):
        examples = self._tf.constant([self._example(row) for row in rows])
        features = self._transform(examples=examples)
        inputs = {name: features[name] for name in self._model.input}
        return {"probabilities": self._model(inputs, training=False).numpy().tolist()}

    def _example(self, row):
        train = self._tf.train
        kinds = {
            str: lambda value: train.Feature(bytes_list=train.BytesList(value=[value.encode()])),
            int: lambda value: train.Feature(int64_list=train.Int64List(value=[value])),
            float: lambda value: train.Feature(float_list=train.FloatList(value=[value])),
        }
        feature = {name: kinds[type(value)](value) for name, value in row.items()}
        return train.Example(features=train.Features(feature=feature)).SerializeToString()


def serve_keras(port, folder, file):
    serve_with_fastapi(port, KerasModel(folder, file))


def serve_fastapi(port, folder, _file):
    serve_with_fastapi(port, SavedModel(folder))


def serve_with_fastapi(port, model):
    from typing import Any

    import fastapi
    import pydantic
    import uvicorn

    class Request(pydantic.BaseModel):
        instances: list[dict[str, Any]]

    app = fastapi.FastAPI()

    @app.post("/predict")
    def predict(request: Request) -> dict[str, Any]:
        return model(request.instances)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def serve_mlflow(port, folder, _file):
    import os

    import mlflow

    class Model(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            self.model = SavedModel(context.artifacts["model"])

        def predict(self, context, model_input, params=None):  # noqa: ARG002 - MLflow's interface
            return self.model(model_input.to_dict("records"))

    path = str(Path(tempfile.mkdtemp()) / "model")
    mlflow.pyfunc.save_model(path, python_model=Model(), artifacts={"model": folder})
    serve = ["-m", "mlflow", "models", "serve", "--model-uri", path, "--env-manager", "local"]
    serve += ["--port", str(port), "--workers", "1"]
    os.execv(sys.executable, [sys.executable, *serve])  # noqa: S606 - no shell is meant


def serve_ray(port, folder, _file):
    import threading

    import ray
    from ray import serve

    ray.init(num_cpus=2, include_dashboard=False, logging_level="error")

    @serve.deployment
    class Model:
        def __init__(self):
            self.model = SavedModel(folder)

        async def __call__(self, request):
            return self.model((await request.json())["instances"])

    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(Model.bind(), route_prefix="/predict")
    threading.Event().wait()


def serve_echo(port, _folder, _file):
    import grpc

    class Echo(grpc.GenericRpcHandler):
        def service(self, _details):
            return grpc.unary_unary_rpc_method_handler(lambda request, _context: request)

    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((Echo(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    serve_one = {
        "keras": serve_keras,
        "fastapi": serve_fastapi,
        "mlflow": serve_mlflow,
        "ray": serve_ray,
        "echo": serve_echo,
    }
    serve_one[sys.argv[1]](int(sys.argv[2]), sys.argv[3], sys.argv[4])
