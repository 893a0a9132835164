"""Trainer: trains the use case's model and exports it with its serving signatures."""
