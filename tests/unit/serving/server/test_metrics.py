import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.errors import Code, ServingError
from serving.server.metrics import Counter, Histogram, ServerMetrics, TextGauge

# This parser, unlike Prometheus itself, gives every counter the ending "_total".
COUNT = ":tensorflow:serving:request_count"


def samples(metric):
    text = "\n".join(metric.lines()) + "\n"
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.conformance("metrics.format")
def test_a_counter_has_a_line_for_each_combination_of_labels():
    counter = Counter("/tensorflow/serving/x", "model_name", "status")
    counter.add("m", "OK")
    counter.add("m", "OK", by=2)
    counter.add('q"\\\n', "NOT_FOUND")
    assert list(counter.lines()) == [
        "# TYPE :tensorflow:serving:x counter",
        ':tensorflow:serving:x{model_name="m",status="OK"} 3',
        ':tensorflow:serving:x{model_name="q\\"\\\\\\n",status="NOT_FOUND"} 1',
    ]
    assert counter.first_value() == 3


@pytest.mark.conformance("metrics.format", "metrics.buckets")
def test_a_histogram_counts_up_to_each_bound():
    histogram = Histogram("/h", ("a",), 10, 1.8, 3)
    for value in (9, 10, 17.9, 1e9):
        histogram.add(value, "x")
    assert list(histogram.lines()) == [
        "# TYPE :h histogram",
        ':h_bucket{a="x",le="10"} 1',
        ':h_bucket{a="x",le="18"} 3',
        ':h_bucket{a="x",le="32.4"} 3',
        ':h_bucket{a="x",le="+Inf"} 4',
        ':h_sum{a="x"} 1000000036.9',
        ':h_count{a="x"} 4',
    ]
    assert samples(histogram)[(":h_count", ("a", "x"))] == 4


@pytest.mark.conformance("metrics.mlmd")
def test_a_text_is_a_label_and_a_new_one_takes_its_place():
    gauge = TextGauge("/g", "text", "model_name")
    for text in ("old", "new"):
        gauge.show(text, "m")
    assert list(gauge.lines()) == ["# TYPE :g gauge", ':g{model_name="m",text="new"} 0']
    assert samples(gauge) == {(":g", ("model_name", "m"), ("text", "new")): 0}


@pytest.mark.conformance("metrics.names", "metrics.buckets")
def test_the_page_has_tensorflow_servings_names():
    metrics = ServerMetrics()
    metrics.request_latency.add(100, "m", "Predict", "GRPC")
    lines = metrics.page().splitlines()
    assert [line.split(":")[-1] for line in lines if line.startswith("# ")] == [
        "input_batch_size histogram",
        "padding_size histogram",
        "processed_batch_size histogram",
        "queuing_latency histogram",
        "wrapped_run_count counter",
        "mlmd_map gauge",
        "model_warmup_latency histogram",
        "model_warmup_records_read counter",
        "request_count counter",
        "request_example_count_total counter",
        "request_example_counts histogram",
        "request_latency histogram",
        "request_log_count counter",
        "runtime_latency histogram",
    ]
    families = {f.name: f for f in text_string_to_metric_families(metrics.page())}
    latency = families[":tensorflow:serving:request_latency"]
    buckets = [s for s in latency.samples if "le" in s.labels]
    assert len(buckets) == 34
    assert buckets[0].labels == {
        "model_name": "m", "API": "Predict", "entrypoint": "GRPC", "le": "10"
    }  # fmt: skip


def test_values_are_found_by_the_name_with_slashes():
    metrics = ServerMetrics()
    assert metrics.value_of("/tensorflow/serving/request_count") == 0
    metrics.request_count.add("m", "OK")
    assert metrics.value_of("/tensorflow/serving/request_count") == 1
    assert metrics.value_of("/tensorflow/serving/request_latency") == 0
    assert metrics.value_of("/nothing") == 0


def test_a_request_is_counted_with_its_status_and_timed_when_it_succeeds():
    metrics = ServerMetrics()
    with metrics.request("m", "Predict", "GRPC"):
        pass
    with pytest.raises(ServingError), metrics.request("m", "Predict", "GRPC"):
        raise ServingError.of(Code.NOT_FOUND, "no")
    with pytest.raises(ZeroDivisionError), metrics.request("m", "Predict", "GRPC"):
        raise ZeroDivisionError
    assert samples(metrics.request_count) == {
        (f"{COUNT}_total", ("model_name", "m"), ("status", status)): 1
        for status in ("OK", "NOT_FOUND", "INTERNAL")
    }
    counts = [v for k, v in samples(metrics.request_latency).items() if k[0].endswith("_count")]
    assert counts == [1]
