from components.pusher.metrics import numbers_of


def test_only_finite_numbers_are_kept():
    metrics = {
        "auc": {"doubleValue": 0.9},
        "example_count": {"doubleValue": 12},
        "undefined": {"doubleValue": float("nan")},
        "matrix": {"confusionMatrixAtThresholds": {}},
    }
    assert numbers_of(metrics) == {"auc": 0.9, "example_count": 12.0}
