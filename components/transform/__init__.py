"""Transform: the use case's features, as one graph for training, evaluation and serving."""
