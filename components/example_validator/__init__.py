"""ExampleValidator: the data gate; anomalies stop the run."""
