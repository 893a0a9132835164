"""InfraValidator: a gate that lets a real model server load the model and answer real examples."""
