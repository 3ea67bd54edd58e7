"""Which way is better, for metrics of common names."""

from __future__ import annotations

from nbstage.policy import Direction

# By the last part of a metric's name, without the words that only say where or how it was taken.
_HIGHER = """
acc accuracy adjusted_rand ap auc auc_pr auc_roc average_precision balanced_accuracy bleu dice
explained_variance f1 f_beta fbeta gini hit_rate iou jaccard kappa ks lift map matthews
matthews_corrcoef mcc mrr ndcg npv ppv pr_auc precision r2 r_squared rand recall roc_auc rocauc
rouge score sensitivity silhouette specificity tnr tpr uplift v_measure
"""
_LOWER = """
brier cross_entropy crossentropy deviance ece error error_rate false_negative_rate
false_positive_rate fnr fpr latency logloss loss mae mape mean_absolute_percentage_error
misclassification mse msle nll perplexity rmse rmsle smape wape wer wmape
"""
HIGHER = frozenset(_HIGHER.split())
LOWER = frozenset(_LOWER.split())
_ASIDE = """
test val valid validation train training cv eval holdout mean macro micro weighted overall best
final score ms seconds p50 p95 p99
"""


def direction_of(metric: str) -> Direction:
    """Which way is better for a metric such as "by_age.old.test_roc_auc"; unknown if its name
    doesn't say.
    """
    name = metric.rpartition(".")[2].lower().replace("-", "_").replace(" ", "_")
    if name.startswith("neg_") and direction_of(name.removeprefix("neg_")) is Direction.LOWER:
        return Direction.HIGHER  # scikit-learn's scores, such as neg_log_loss
    core = _core(name)
    if core in HIGHER:
        return Direction.HIGHER
    if core in LOWER or core.endswith(("_loss", "_error", "_latency")):
        return Direction.LOWER
    return Direction.UNKNOWN


def _core(name: str) -> str:
    """The name without words such as `test_` before it and `_mean` after it."""
    if name in HIGHER or name in LOWER:
        return name
    for word in _ASIDE.split():
        for shorter in (name.removeprefix(f"{word}_"), name.removesuffix(f"_{word}")):
            if shorter != name:
                return _core(shorter)
    return name
