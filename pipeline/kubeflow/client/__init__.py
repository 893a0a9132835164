"""What talks to a Kubeflow Pipelines API: uploads, runs, schedules."""
