"""Resolver: finds the baseline, the model that was pushed last."""
