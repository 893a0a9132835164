"""A model server that speaks TensorFlow Serving's protocols, and the clients for it."""
