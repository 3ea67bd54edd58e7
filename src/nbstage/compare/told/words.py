"""What all forms of a report say in the same words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nbstage.compare.nouns import (
    CodeChange,
    Comparison,
    Content,
    Difference,
    Judgement,
    Metric,
    Predictions,
    StageChange,
    Verdict,
)
from nbstage.page.numbers import size

DASH = "\N{EN DASH}"
SHORT = 7
_MOST_NAMED = 4
NO_VERDICT = "no verdict"
BARE = "One number against another: this alone doesn't tell a change from chance."


def number(value: float | None) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return DASH
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"


def signed(value: float | None) -> str:
    """A change with its sign; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    return "0" if value == 0 else f"{value:+,.3g}"


def count(number: int, word: str) -> str:
    """Such as "1 file" and "2,000 files"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def against(comparison: Comparison) -> str:
    """What is compared with what."""
    if comparison.baseline.none:
        return f"first run: {comparison.baseline.none}"
    return f"{comparison.current} against {comparison.baseline.commit[:SHORT]}"


def headline(comparison: Comparison) -> tuple[str, str]:
    """The verdict in a word or two, and the sentence that carries it."""
    if comparison.baseline.none:
        return "first run", "There is nothing to compare with: these are the numbers as they are."
    found = comparison.predictions
    deciding = found.deciding if found is not None else None
    if found is not None and deciding is not None:
        return deciding.verdict.value, sentence(deciding, found)
    counts = [
        f"{count(amount, 'metric')} {judgement.value}"
        for judgement in (Judgement.BETTER, Judgement.WORSE, Judgement.CHANGED, Judgement.GONE)
        if (amount := sum(one.judgement is judgement for one in comparison.metrics))
    ]
    if found is not None:
        why = f"The predictions can't be compared: {found.failure}."
    else:
        why = "No table of predictions is known, so chance can't be told from change."
    return NO_VERDICT, f"{why} {', '.join(counts) or 'No metric changed'}."


def sentence(one: Difference, found: Predictions) -> str:
    """A measure's difference with its interval and the number of rows."""
    return (
        f"{one.measure} {number(one.old)} became {number(one.new)} ({signed(one.change)}, "
        f"{found.confidence:.0%} interval {interval(one)}) on {found.rows:,} test rows."
    )


def interval(one: Difference) -> str:
    """The bounds of a difference."""
    if math.isnan(one.low):
        return "not known"
    return f"{signed(one.low)} to {signed(one.high)}"


def p_value(value: float | None) -> str:
    """Such as "0.031" or "<0.001"."""
    if value is None or math.isnan(value):
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.2g}"


def method(found: Predictions) -> str:
    """How the predictions were compared."""
    kind = "exact McNemar test for accuracy"
    if found.task == "regression":
        kind = "paired permutation test for mae"
    text = (
        f"Paired bootstrap with {found.resamples:,} resamples of {found.rows:,} rows and a fixed "
        f"seed, {found.confidence:.0%} percentile intervals of the difference; {kind}. "
        f"`{found.primary}` decides."
    )
    if found.slices:
        tests = sum(one.found is not None for one in found.slices)
        text += f" Verdicts on slices are corrected for {tests} tests (Holm)."
    return text


def judged(metric: Metric) -> str:
    """What came of a metric."""
    if metric.renamed_to:
        return f"gone; '{metric.renamed_to}' is new and has its value: renamed?"
    if metric.judgement is Judgement.CHANGED and metric.old is not None:
        return "changed (which way is better is not known)"
    return metric.judgement.value


def any_judged(metrics: Iterable[Metric]) -> bool:
    """Whether a metric is said to be better or worse, for which there is no other word here."""
    return any(one.judgement in (Judgement.BETTER, Judgement.WORSE) for one in metrics)


def about(content: Content | None) -> str:
    """Size, rows and columns of a file."""
    if content is None:
        return DASH
    parts = [size(content.size)] if content.size is not None else []
    if content.rows is not None:
        parts.append(f"{content.rows:,} rows, {len(content.columns):,} columns")
    return " \N{MIDDLE DOT} ".join(parts) or (content.missing or content.hash[:8] or "not known")


def lines_changed(change: CodeChange) -> str:
    """How many lines of a module were added and removed."""
    if change.added is None or change.removed is None:
        return DASH
    return f"+{change.added:,} \N{MINUS SIGN}{change.removed:,}"


def why_again(stage: StageChange) -> str:
    """What the reason is that a stage has another result."""
    if stage.fate.value == "ran again" and not stage.why:
        return (
            "nothing it depends on changed: it isn't reproducible, or its result was put in by hand"
        )
    return ", ".join(stage.why)


def is_good(found: Verdict | Judgement) -> bool | None:
    """True and False for what is shown to be better or worse, or is gone; None for all else: that
    a number is larger than another is no evidence.
    """
    if found is Verdict.BETTER:
        return True
    return False if found in (Verdict.WORSE, Judgement.GONE, Judgement.NO_NUMBER) else None


def tone(found: Verdict | Judgement) -> str:
    """The class of a word on the page; "" where nothing is shown."""
    return {True: "better", False: "worse", None: ""}[is_good(found)]
