"""The pipeline: its configuration, the DAG, the runners, the metadata service and the CLI."""
