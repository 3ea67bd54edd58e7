"""The policy against comparisons: what is met, what is not, and what is only told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.compare.locked import File, Locked, Out, Stage
from nbstage.compare.metrics import direction
from nbstage.compare.nouns import (
    Baseline,
    Comparison,
    Difference,
    Fate,
    Judgement,
    Metric,
    Predictions,
    Slice,
    StageChange,
    Verdict,
)
from nbstage.config import Settings
from nbstage.gate.evidence import judge_predictions
from nbstage.gate.inputs import judge_inputs
from nbstage.gate.limits import judge_metrics, judge_origin
from nbstage.gate.nouns import Gated, Line
from nbstage.gate.policy_change import judge_policy
from nbstage.gate.rerun import places, stages_to_run
from nbstage.gate.told import gated_as_data, gated_as_text
from nbstage.policy import Direction, Limits, Policy, Predicted, Rule

SOME = Baseline("abc")
FIRST = Baseline(none="nothing is committed yet")


def metric(name: str, old: float | None, new: float | None, path: str = "metrics.json") -> Metric:
    judgement = Judgement.GONE if new is None else Judgement.CHANGED
    return Metric(path, name, old, new, direction(name, {}), judgement, called=name)


def compared(*metrics: Metric, baseline: Baseline = SOME) -> Comparison:
    return Comparison(baseline, "now", metrics)


def judged(rule: Rule, *metrics: Metric, baseline: Baseline = SOME) -> list[Line]:
    return list(judge_metrics(Policy((rule,)), compared(*metrics, baseline=baseline)))


def verdicts(lines: list[Line]) -> list[bool | None]:
    return [line.met for line in lines]


@pytest.mark.parametrize(
    ("limits", "old", "new", "met"),
    [
        (Limits(minimum=0.8), 0.9, 0.8, True),
        (Limits(minimum=0.8), 0.9, 0.79999999, False),
        (Limits(maximum=0.8), 0.9, 0.8, True),
        (Limits(maximum=0.8), 0.7, 0.81, False),
        (Limits(largest_drop=0.01), 0.9, 0.89, True),  # by a rounding error more than 0.01
        (Limits(largest_drop=0.01), 0.9, 0.8899, False),
        (Limits(largest_drop=0), 0.9, 0.9, True),
        (Limits(largest_drop=0), 0.9, 0.95, True),
        (Limits(minimum=0.1), 0.9, math.nan, False),
        (Limits(maximum=0.1), 0.9, -math.inf, False),
        (Limits(minimum=0.1), 0.9, None, False),
        (Limits(largest_drop=0.1), None, 0.9, None),
        (Limits(largest_drop=0.1), math.nan, 0.9, None),
    ],
)
def test_a_number_is_held_to_its_limits(
    limits: Limits, old: float | None, new: float | None, met: bool | None
) -> None:
    assert verdicts(judged(Rule("auc", limits=limits), metric("auc", old, new))) == [met]


def test_a_drop_goes_by_the_direction() -> None:
    rule = Rule("rmse", limits=Limits(largest_drop=0.1))
    assert verdicts(judged(rule, metric("rmse", 1.0, 0.5))) == [True]
    assert verdicts(judged(rule, metric("rmse", 1.0, 1.2))) == [False]


def test_a_drop_of_what_has_no_direction_is_unmet_and_says_what_to_write() -> None:
    (line,) = judged(Rule("churn", limits=Limits(largest_drop=0.1)), metric("churn", 1, 1))
    assert line.met is False
    assert 'direction = "higher" or "lower"' in line.why


def test_a_drop_from_what_can_not_be_read_is_unmet() -> None:
    unread = replace(metric("auc", None, 0.9), unread=True)
    (line,) = judged(Rule("auc", limits=Limits(largest_drop=0.1)), unread)
    assert line.met is False
    assert "`--fetch` brings them" in line.why


def test_a_first_run_has_absolute_limits_only() -> None:
    rule = Rule("auc", limits=Limits(minimum=0.5, largest_drop=0.1))
    assert verdicts(judged(rule, metric("auc", None, 0.6), baseline=FIRST)) == [True, None]


def test_a_metric_that_is_missing_says_which_may_be_meant() -> None:
    (line,) = judged(Rule("roc_auc", limits=Limits(0.5)), metric("roc_auk", 0.6, 0.6))
    assert (line.met, line.value, line.why) == (False, "missing", "did you mean 'roc_auk'?")


def test_a_metric_of_two_files_is_unmet_until_its_file_is_named() -> None:
    both = metric("auc", 0.6, 0.6, "a.json"), metric("auc", 0.6, 0.9, "b.json")
    (line,) = judged(Rule("auc", limits=Limits(0.8)), *both)
    assert (line.met, line.value) == (False, "ambiguous")
    assert verdicts(judged(Rule("b.json:auc", limits=Limits(0.8)), *both)) == [True]


def test_each_slice_is_held_to_the_slices_limits() -> None:
    slices = metric("by.a.auc", 0.7, 0.7), metric("by.b.auc", 0.7, 0.5), metric("auc", 0.7, 0.1)
    lines = judged(Rule("auc", slices=Limits(minimum=0.6)), *slices)
    assert [(line.met, line.what) for line in lines] == [
        (False, "by.b.auc"),
        (True, "auc in slices"),
    ]


def test_a_slice_that_is_no_longer_measured_is_unmet() -> None:
    slices = metric("by.a.auc", 0.7, 0.7), metric("by.b.auc", 0.7, None)
    lines = judged(Rule("auc", slices=Limits(minimum=0.6)), *slices)
    assert [(line.met, line.value) for line in lines] == [(False, "missing"), (True, "1 slice")]


def test_groups_that_are_not_there_are_unmet() -> None:
    rule = Rule("auc", slices=Limits(minimum=0.6), groups=("by", "age"))
    lines = judged(rule, metric("by.a.auc", 0.7, 0.7), metric("other.a.auc", 0.1, 0.1))
    assert [(line.met, line.what) for line in lines] == [
        (False, "auc by age"),
        (True, "auc in slices"),
    ]
    assert verdicts(judged(Rule("auc", slices=Limits(0.6)), metric("auc", 1, 1))) == [False]


def test_what_no_stage_writes_is_unmet() -> None:
    policy = Policy((Rule("auc", limits=Limits(0.5)),))
    comparison = compared(metric("auc", 0.6, 0.6))
    assert verdicts(list(judge_origin(policy, comparison))) == [False]
    made = Locked((Stage("evaluate", outs=(Out(File("metrics.json"), "metric"),)),))
    assert list(judge_origin(policy, replace(comparison, locked=made))) == []
    gone = compared(metric("auc", 0.6, None), metric("auc", None, 0.6, "m.json"))
    (line,) = judge_origin(policy, gone)
    assert line.what == "'m.json'"
    slices = Policy((Rule("auc", slices=Limits(0.5), groups=("by",)),))
    (line,) = judge_origin(slices, compared(metric("by.a.auc", 0.6, 0.6)))
    assert line.what == "'metrics.json'"


def pipeline(**stages: tuple[str, str]) -> Locked:
    """Stages, each with the file that it takes and the one that it makes: "data.csv:hash"."""
    return Locked(
        tuple(
            Stage(name, deps=(file(taken),), outs=(Out(file(made)),))
            for name, (taken, made) in stages.items()
        )
    )


def file(text: str) -> File:
    path, _, hashed = text.partition(":")
    return File(path, hashed)


WHOLE = pipeline(train=("data.csv:1", "models"), evaluate=("models/m.json:2", "scores.csv:3"))


def test_what_a_stage_made_and_nothing_makes_any_more_is_unmet() -> None:
    cut = pipeline(evaluate=("models/m.json:9", "scores.csv:3"))
    (line,) = judge_inputs(Policy(), WHOLE, cut)
    assert (line.met, line.what, line.value) == (False, "'models/m.json'", "written by no stage")
    assert "stage 'train' of the baseline made it" in line.why
    assert verdicts(list(judge_inputs(Policy(rerun="metrics"), WHOLE, cut))) == [None]


def test_data_that_is_new_or_another_is_told() -> None:
    assert list(judge_inputs(Policy(), WHOLE, WHOLE)) == []
    other = pipeline(train=("data.csv:7", "models"), evaluate=("m2.json:2", "scores.csv:3"))
    (line,) = judge_inputs(Policy(), WHOLE, other)
    assert (line.met, line.what) == (None, "data")
    assert line.why.startswith("'data.csv', 'm2.json': ")


# --- predictions


def difference(verdict: Verdict, measure: str = "roc_auc") -> Difference:
    return Difference(measure, Direction.HIGHER, 0.8, 0.7, -0.2, -0.05, 0.01, "test", verdict)


def predicted(*found: Difference, **more: object) -> Comparison:
    whole = Predictions("predictions/test.csv", rows=500, primary="roc_auc", differences=found)
    # What a test changes has the types of the field it names.
    return replace(compared(), predictions=replace(whole, **more))  # type: ignore[arg-type]


NOT_WORSE = Rule("roc_auc", limits=Limits(not_worse=True))
SLICES = Rule("roc_auc", slices=Limits(not_worse=True))


@pytest.mark.parametrize(
    ("verdict", "met"),
    [
        (Verdict.BETTER, True),
        (Verdict.NO_EVIDENCE, True),
        (Verdict.WORSE, False),
        (Verdict.UNKNOWN, False),
    ],
)
def test_what_must_not_be_worse_is_judged_by_the_predictions(verdict: Verdict, met: bool) -> None:
    lines = list(judge_predictions(Policy((NOT_WORSE,)), predicted(difference(verdict))))
    assert verdicts(lines) == [met]


def test_predictions_that_can_not_be_compared_are_unmet_but_on_a_first_run() -> None:
    policy = Policy((NOT_WORSE,))
    assert verdicts(list(judge_predictions(policy, compared()))) == [False]
    assert verdicts(list(judge_predictions(policy, predicted(failure="no")))) == [False]
    first = predicted(failure="none yet", absent=True)
    assert verdicts(list(judge_predictions(policy, first))) == [None]
    other = predicted(difference(Verdict.BETTER, "brier"))
    assert verdicts(list(judge_predictions(policy, other))) == [False]


def test_nothing_is_asked_of_predictions_that_the_policy_does_not_name() -> None:
    assert list(judge_predictions(Policy(), compared())) == []


def test_another_test_set_is_unmet_unless_it_may_change() -> None:
    policy = Policy((NOT_WORSE,))
    other = predicted(difference(Verdict.BETTER), same_rows=False, warnings=("9 rows are gone",))
    assert verdicts(list(judge_predictions(policy, other))) == [False, True]
    allowed = replace(policy, test_set_may_change=True)
    assert verdicts(list(judge_predictions(allowed, other))) == [None, True]


def test_slices_that_are_not_the_baselines_are_unmet_unless_the_test_set_may_change() -> None:
    fine = Slice("plan", "b", 200, difference(Verdict.NO_EVIDENCE), 0.5)
    changed = predicted(slices=(fine,), slices_changed="column 'region' makes none any more")
    lines = list(judge_predictions(Policy((SLICES,)), changed))
    assert [(line.met, line.what) for line in lines] == [
        (False, "slices"),
        (True, "roc_auc in slices"),
    ]
    allowed = Policy((SLICES,), test_set_may_change=True)
    assert verdicts(list(judge_predictions(allowed, changed))) == [None, True]
    measured = predicted(difference(Verdict.BETTER), slices_changed="a column is gone")
    assert verdicts(list(judge_predictions(Policy((NOT_WORSE,)), measured))) == [True]


def test_a_result_in_a_linked_folder_is_left_out_by_both_its_names(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "link").symlink_to("store")
    stage = Stage("train", outs=(Out(File("link/model.json")), Out(File("other.json"))))
    assert set(places(tmp_path, (stage,))) == {"link/model.json", "store/model.json", "other.json"}


def test_a_slice_that_is_worse_is_unmet() -> None:
    worse = Slice("plan", "a", 200, difference(Verdict.WORSE), 0.01)
    fine = Slice("plan", "b", 200, difference(Verdict.NO_EVIDENCE), 0.5)
    few = Slice("plan", "c", 3, None, why="too few rows")
    policy = Policy((SLICES,))
    lines = list(judge_predictions(policy, predicted(slices=(worse, fine, few))))
    assert [(line.met, line.what) for line in lines] == [(False, "roc_auc where plan is a")]
    (line,) = judge_predictions(policy, predicted(slices=(fine, few)))
    assert (line.met, line.why) == (True, "1 more have too few rows to say")
    assert verdicts(list(judge_predictions(policy, predicted(slices=(few,))))) == [False]
    assert verdicts(list(judge_predictions(policy, predicted(primary="brier")))) == [False]


# --- the policy itself, and what runs again


def test_a_policy_that_changed_is_told_and_one_that_is_gone_is_unmet() -> None:
    before = Settings(policy=Policy((Rule("auc", limits=Limits(0.8)),)))
    lower = Settings(policy=Policy((Rule("auc", limits=Limits(0.7)),), tolerance=1))
    (line,) = judge_policy(before, replace(lower, predicted=Predicted(label="other")))
    assert line.met is None
    assert line.why.startswith("tolerance, 'auc', [tool.nbstage.report]: ")
    assert [line.met for line in judge_policy(before, Settings())] == [False]
    assert list(judge_policy(before, before)) == []
    assert list(judge_policy(Settings(), before)) == []


STAGES = Locked(
    (
        Stage("load"),
        Stage("train"),
        Stage("score", outs=(Out(File("predictions/test.csv")),)),
        Stage("evaluate", outs=(Out(File("metrics.json"), "metric"),)),
    )
)


@pytest.mark.parametrize(
    ("rerun", "first", "expected"),
    [
        ("metrics", False, ["score", "evaluate"]),
        ("changed", False, ["train", "score", "evaluate"]),
        ("changed", True, ["load", "train", "score", "evaluate"]),
        ("all", False, ["load", "train", "score", "evaluate"]),
        (("load",), False, ["load", "score", "evaluate"]),
    ],
)
def test_stages_with_metrics_or_predictions_always_run_again(
    rerun: str | tuple[str, ...], first: bool, expected: list[str]
) -> None:
    fates = {"train": Fate.CHANGED}
    changes = [StageChange(one.name, fates.get(one.name, Fate.SAME)) for one in STAGES.stages]
    comparison = replace(
        predicted(),
        locked=STAGES,
        stages=tuple(changes),
        baseline=FIRST if first else Baseline("abc"),
    )
    stages, unknown = stages_to_run(Policy(rerun=rerun), comparison)
    assert [stage.name for stage in stages] == expected
    assert unknown == []


def test_a_stage_that_the_policy_names_and_nobody_has_is_told() -> None:
    comparison = replace(predicted(), locked=STAGES)
    assert stages_to_run(Policy(rerun=("tarin",)), comparison)[1] == ["tarin"]


# --- what is said


def test_what_is_unmet_comes_first() -> None:
    lines = Line(True, "a", "1", "0"), Line(None, "b", "2", "0"), Line(False, "c", "3", "0", "why")
    gated = Gated(lines, compared())
    assert gated_as_text(gated).splitlines() == [
        "the gate is not met: 1 unmet, 1 met",
        "now against abc",
        "",
        "  unmet  c: 3; asked: 0",
        "         why",
        "  told   b: 2; asked: 0",
        "  met    a: 1; asked: 0",
    ]
    assert gated_as_data(gated)["ok"] is False
    assert Gated(lines[:2], compared()).ok


def test_hostile_names_stay_on_their_line() -> None:
    line = Line(False, "a\n\x1b[31m", "1\n", "0\u202e", "\r")
    text = gated_as_text(Gated((line,), compared()))
    assert len(text.splitlines()) == 5
    assert text.isascii()
