"""The metadata service: ML Metadata for many pods, over gRPC, in a database.

Locally a pipeline opens ML Metadata's SQLite file itself; pods cannot share one. `server` offers
the same native store as the `MetadataStoreService` that ML Metadata's own client speaks.
"""
