"""The server's flags: TensorFlow Serving's own, by name, default and meaning, and Tidemill's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

ANY_FREE_PORT = -1
DEFAULT_MOST_ELEMENTS = 2**28
MOST_MESSAGE_BYTES = 2**31 - 1
INT32_BITS = 31
INT64_BITS = 63
_CPUS = os.cpu_count() or 1
_THREADS_PER_CPU = 4


def _flag(default: Any, text: str, bits: int = INT32_BITS) -> Any:
    return field(default=default, metadata={"help": text, "bits": bits, "effect": True})


def _accepted(default: Any, reason: str, bits: int = INT32_BITS) -> Any:
    """A flag that is parsed and does nothing; `reason` says why."""
    return field(
        default=default, metadata={"help": f"no effect: {reason}", "bits": bits, "effect": False}
    )


@dataclass(frozen=True)
class ServerFlags:
    """Every flag of the server.

    The first 48 have TensorFlow Serving's names and defaults, the rest are Tidemill's own, and so
    is the port number -1 ("any free port"). The help text of each flag says what it means.
    """

    port: int = _flag(8500, "TCP port of gRPC; 0 is off, -1 is any free port")
    grpc_socket_path: str = _flag("", "UNIX socket on which gRPC listens too")
    rest_api_port: int = _flag(0, "TCP port of REST; 0 is off, -1 is any free port")
    rest_api_num_threads: int = _flag(
        _THREADS_PER_CPU * _CPUS, "how many REST requests run at the same time"
    )
    rest_api_timeout_in_ms: int = _flag(
        30_000, "longest time of a REST request, milliseconds; 0 and less are no limit"
    )
    rest_api_enable_cors_support: bool = _flag(False, "send CORS headers with every REST answer")
    enable_batching: bool = _flag(False, "run requests together")
    batching_parameters_file: str = _flag("", "text BatchingParameters; asks for --enable_batching")
    enable_per_model_batching_parameters: bool = _flag(
        False, "read batching_params.pbtxt in the version folder; without it nothing is batched"
    )
    allow_version_labels_for_unavailable_models: bool = _flag(
        False, "let a new label point at a version that is not loaded yet"
    )
    model_config_file: str = _flag(
        "", "text ModelServerConfig; takes the place of --model_name and --model_base_path"
    )
    model_config_file_poll_wait_seconds: int = _flag(
        0, "seconds between two looks at the model config file; 0 looks once"
    )
    model_name: str = _flag("default", "name of the model")
    model_base_path: str = _flag("", "folder that holds the model's numeric version folders")
    num_load_threads: int = _flag(0, "how many versions are loaded at once; 0 is 4 for each CPU")
    num_unload_threads: int = _accepted(0, "a version is unloaded by the thread of its model")
    max_num_load_retries: int = _flag(5, "how often a failed load is tried again")
    load_retry_interval_micros: int = _flag(
        60_000_000, "wait between two tries to load, microseconds; negative is none", INT64_BITS
    )
    file_system_poll_wait_seconds: int = _flag(
        1, "seconds between looks for new versions; 0 looks once, a negative number never"
    )
    flush_filesystem_caches: bool = _accepted(True, "local file systems have nothing to flush")
    tensorflow_session_parallelism: int = _flag(
        0, "threads inside an operation and between operations; 0 is automatic", INT64_BITS
    )
    tensorflow_session_config_file: str = _flag("", "text ConfigProto of TensorFlow's sessions")
    tensorflow_intra_op_parallelism: int = _flag(0, "threads inside an operation", INT64_BITS)
    tensorflow_inter_op_parallelism: int = _flag(0, "threads between operations", INT64_BITS)
    use_alts_credentials: bool = _flag(False, "serve gRPC with Google's ALTS")
    ssl_config_file: str = _flag("", "text SSLConfig; gRPC is then served with TLS")
    platform_config_file: str = _accepted("", "there is one platform, tensorflow")
    per_process_gpu_memory_fraction: float = _flag(
        0.0, "share of the GPU's memory that may be taken; 0 is automatic"
    )
    saved_model_tags: str = _flag("serve", "tags of the graph to load, separated by commas")
    grpc_channel_arguments: str = _flag("", "gRPC channel arguments, k=v separated by commas")
    grpc_max_threads: int = _flag(
        _THREADS_PER_CPU * _CPUS, "how many gRPC calls run at the same time"
    )
    enable_model_warmup: bool = _flag(True, "replay a version's warm-up file before it is served")
    num_request_iterations_for_warmup: int = _flag(
        0, "how often each warm-up record is replayed; 0 is once"
    )
    version: bool = _flag(False, "show the version and end")
    monitoring_config_file: str = _flag(
        "", "text MonitoringConfig; says where on the REST port the metrics page is"
    )
    remove_unused_fields_from_bundle_metagraph: bool = _accepted(True, "signatures alone are kept")
    prefer_tflite_model: bool = _flag(
        False, "serve the model.tflite of a version folder, where there is one"
    )
    num_tflite_pools: int = _flag(
        _CPUS, "how many requests of a TensorFlow Lite model run at the same time"
    )
    num_tflite_interpreters_per_pool: int = _flag(
        1, "above 1, requests that wait for a TensorFlow Lite model run together"
    )
    enable_signature_method_name_check: bool = _flag(
        False, "ask of a signature the method name of the call that is made"
    )
    xla_cpu_compilation_enabled: bool = _accepted(False, "XLA stays as TensorFlow sets it")
    xla_gpu_compilation_enabled: bool = _accepted(False, "XLA stays as TensorFlow sets it")
    enable_profiler: bool = _accepted(True, "there is no ProfilerService")
    thread_pool_factory_config_file: str = _accepted("", "TensorFlow's own thread pools are used")
    mixed_precision: str = _accepted("", "a model runs in the precision that it was saved in")
    skip_initialize_tpu: bool = _accepted(False, "TPUs are not used")
    enable_grpc_healthcheck_service: bool = _flag(False, "answer grpc.health.v1 on the gRPC port")
    enable_serialization_as_tensor_content: bool = _flag(
        False, "send Predict's outputs over gRPC as tensor_content"
    )

    bind_address: str = _flag("0.0.0.0", "address to listen on")  # noqa: S104 - its default
    ready_fd: int = _flag(
        -1, "file descriptor that gets one line of JSON (grpc, rest, pid) when the ports are open"
    )
    exit_on_stdin_close: bool = _flag(False, "stop when standard input is closed")
    drain_grace_seconds: int = _flag(10, "how long a stop waits for running requests")
    drain_notice_seconds: int = _flag(
        0, "how long a stop goes on accepting requests after it has said that it is not ready"
    )
    detailed_metrics_path: str = _flag(
        "", "path on the REST port of latencies by version, signature and status, failures too"
    )
    max_request_bytes: int = _flag(
        MOST_MESSAGE_BYTES, "longest REST body, after it was unpacked, and longest gRPC message"
    )
    max_tensor_elements: int = _flag(
        DEFAULT_MOST_ELEMENTS, "most elements of an input of a predict request", INT64_BITS
    )
    request_log_max_bytes: int = _flag(
        64 * 2**20, "size at which a file of a request log is ended", INT64_BITS
    )
    request_log_max_seconds: int = _flag(3600, "age at which a file of a request log is ended")
    request_log_max_records: int = _flag(
        0, "records in a file of a request log; 0 is any number, 1000 fit a warm-up file"
    )
    request_log_buffer_bytes: int = _flag(
        16 * 2**20, "how much of each model's requests may wait to be logged", INT64_BITS
    )
    request_log_redacted_features: str = _flag(
        "", "features whose values are blanked in request logs, separated by commas"
    )
    access_log: str = _flag(
        "", "file that gets a line of JSON for each request; - is standard output"
    )
    resource_preserving_transitions: bool = _flag(
        False, "unload old versions before new ones are loaded: less memory, a gap in service"
    )
