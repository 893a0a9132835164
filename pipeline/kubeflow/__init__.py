"""Runs on open-source Kubeflow Pipelines v2: compiling, submitting, scheduling, the pod's side."""
