"""Tuner: searches hyperparameters within a number of trials and a time budget."""
