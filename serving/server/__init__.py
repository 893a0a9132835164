"""The model server: `python -m serving.server`, with TensorFlow Serving's flags."""
