"""`tidemill schema`: what the schema says, what new data would change, and writing the change."""
