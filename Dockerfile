# The image of every node of a pipeline, of the metadata service and of Tidemill's model server.
# docs/image.md tells how to build it, and how to put a use case of your own on top.

# Debian 13, by digest: `docker build --build-arg BASE=debian:trixie-slim@sha256:...`
ARG BASE
# cpu, or gpu: TensorFlow with CUDA
ARG VARIANT=cpu

FROM ${BASE} AS system
COPY scripts/image/steps/system /build/scripts/image/steps/
RUN /build/scripts/image/steps/system && rm -rf /build

FROM system AS packages
ARG VARIANT
WORKDIR /build
COPY requirements.lock requirements-cpu.lock requirements-gpu.lock requirements-bootstrap.lock ./
COPY scripts/image/excluded.txt scripts/image/excluded-cpu.txt scripts/image/excluded-gpu.txt scripts/image/pruned.txt scripts/image/absent_aiplatform.py scripts/image/
COPY scripts/image/steps/packages scripts/image/steps/
RUN VARIANT=${VARIANT} scripts/image/steps/packages

FROM system AS platform
COPY --from=packages /opt/venv /opt/venv
COPY components /app/components
COPY pipeline /app/pipeline
COPY serving /app/serving
COPY schemas /app/schemas
COPY examples /app/examples
COPY requirements.lock /app/
COPY scripts/image/steps/platform /build/
RUN /build/platform

FROM system
ARG VARIANT
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tidemill" \
      org.opencontainers.image.description="Continuous training for TensorFlow models (${VARIANT})" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=packages /opt/venv /opt/venv
COPY --from=platform /app /app
# /tmp is the one place that a container with a read-only root file system can be given.
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONPATH=/app \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER 1000:0
CMD ["tidemill", "--help"]
