"""Names of the metrics that an evaluation can compute, known without importing TFMA.

A misspelt name is then an error of the configuration, seconds before anything runs.
"""

from __future__ import annotations

import difflib

from components.evaluator.fairness_values import FAIRNESS_INDICATORS

# Classes that TFMA 0.52 registers itself.
_TFMA = """
AUC AUCPrecisionRecall BalancedAccuracy BinaryAccuracy BinaryCrossEntropy Bleu BooleanFlipRates
COCOAveragePrecision COCOAverageRecall COCOMeanAveragePrecision COCOMeanAverageRecall
Calibration CalibrationPlot CategoricalCrossEntropy CoefficientOfDiscrimination
ConfusionMatrixAtThresholds ConfusionMatrixPlot DiagnosticOddsRatio ExactMatch ExampleCount
F1Score FN FNR FP FPR FallOut FalseDiscoveryRate FalseNegativeFeatureSampler FalseNegatives
FalseOmissionRate FalsePositiveFeatureSampler FalsePositives FowlkesMallowsIndex Informedness
Markedness MatthewsCorrelationCoefficient MaxRecall Mean MeanAbsoluteAttributions
MeanAbsoluteError MeanAbsolutePercentageError MeanAttributions MeanLabel MeanPrediction
MeanSquaredError MeanSquaredLogarithmicError MinLabelPosition MissRate ModelCosineSimilarity
MultiClassConfusionMatrixAtThresholds MultiClassConfusionMatrixPlot
MultiLabelConfusionMatrixPlot NDCG NPV NegToNegFlipRate NegToPosFlipRate
NegativeLikelihoodRatio NegativePredictiveValue ObjectDetectionConfusionMatrixPlot
ObjectDetectionMaxRecall ObjectDetectionPrecision ObjectDetectionPrecisionAtRecall
ObjectDetectionRecall ObjectDetectionThresholdAtRecall PPV PosToNegFlipRate PosToPosFlipRate
PositiveLikelihoodRatio Precision PrecisionAtRecall PredictedPositiveRate Prevalence
PrevalenceThreshold QueryStatistics Recall RecallAtFalsePositiveRate RecallAtPrecision
RelativeCoefficientOfDiscrimination Rouge ScoreDistributionPlot
SemanticSegmentationConfusionMatrix SemanticSegmentationFalsePositive
SemanticSegmentationTruePositive SensitivityAtSpecificity SetMatchPrecision SetMatchRecall
Specificity SpecificityAtSensitivity SquaredPearsonCorrelation SymmetricFlipRate
SymmetricPredictionDifference TN TNR TP TPR ThreatScore ThresholdAtRecall
TotalAbsoluteAttributions TotalAttributions TrueNegatives TruePositives WeightedExampleCount
"""
# Classes of Keras 2, to which TFMA turns for the names that it does not know.
_KERAS = """
AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
CategoricalCrossentropy CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives
FalsePositives Hinge IoU KLDivergence LogCoshError Mean MeanAbsoluteError
MeanAbsolutePercentageError MeanIoU MeanRelativeError MeanSquaredError
MeanSquaredLogarithmicError MeanTensor OneHotIoU OneHotMeanIoU Poisson Precision
PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum
TopKCategoricalAccuracy TrueNegatives TruePositives
"""
TFMA_METRICS = frozenset(_TFMA.split())
KERAS_METRICS = frozenset(_KERAS.split())
_KNOWN = sorted(TFMA_METRICS | KERAS_METRICS | {FAIRNESS_INDICATORS})


def check_metric_name(name: str) -> None:
    """Raises ValueError, naming the nearest metrics, if there is no metric class of this name."""
    if name in _KNOWN:
        return
    by_case = {known.lower(): known for known in _KNOWN}
    near = difflib.get_close_matches(name.lower(), by_case, n=3)
    advice = (
        f"did you mean {' or '.join(by_case[key] for key in near)}?"
        if near
        else "name a metric class of TFMA or Keras, such as AUC or BinaryAccuracy"
    )
    raise ValueError(f"there is no metric {name!r}; {advice}")
