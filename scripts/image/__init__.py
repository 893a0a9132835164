"""Makes the image: the steps of the Dockerfile, and the same files without a container engine."""
