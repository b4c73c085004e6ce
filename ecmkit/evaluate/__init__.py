"""Judge models: metrics, pictures, champion against challenger."""

from ecmkit.evaluate.compare import Comparison, compare
from ecmkit.evaluate.figures import confusion_figure
from ecmkit.evaluate.metrics import (
    balanced_accuracy,
    bootstrap_interval,
    confusion_matrix,
    precision,
    recall,
    roc_auc,
)

__all__ = [
    "Comparison",
    "balanced_accuracy",
    "bootstrap_interval",
    "compare",
    "confusion_figure",
    "confusion_matrix",
    "precision",
    "recall",
    "roc_auc",
]
