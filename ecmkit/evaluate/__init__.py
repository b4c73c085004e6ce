"""Judge models: metrics, pictures, explanations, champion against challenger."""

from ecmkit.evaluate.attribution import Attribution, Saliency, saliency, tree_shap
from ecmkit.evaluate.compare import Comparison, compare
from ecmkit.evaluate.figures import (
    confusion_figure,
    curve_figure,
    importance_figure,
    saliency_figure,
)
from ecmkit.evaluate.importance import Importance, permutation_importance
from ecmkit.evaluate.metrics import (
    balanced_accuracy,
    bootstrap_interval,
    confusion_matrix,
    precision,
    recall,
    roc_auc,
)
from ecmkit.evaluate.reasons import (
    Reason,
    ReferenceStatistics,
    join_texts,
    reasons_for,
    reference_statistics,
)

__all__ = [
    "Attribution",
    "Comparison",
    "Importance",
    "Reason",
    "ReferenceStatistics",
    "Saliency",
    "balanced_accuracy",
    "bootstrap_interval",
    "compare",
    "confusion_figure",
    "confusion_matrix",
    "curve_figure",
    "importance_figure",
    "join_texts",
    "permutation_importance",
    "precision",
    "reasons_for",
    "recall",
    "reference_statistics",
    "roc_auc",
    "saliency",
    "saliency_figure",
    "tree_shap",
]
