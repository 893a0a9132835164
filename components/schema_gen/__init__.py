"""SchemaGen: the schema that data must meet, curated by people or inferred from statistics."""
