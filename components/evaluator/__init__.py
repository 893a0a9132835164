"""Evaluator: the model gate; thresholds, slices, and the baseline to beat."""
