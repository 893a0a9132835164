"""The configuration of a use case: models of `pipeline.yaml`, and how they are filled."""
