"""The statistics of a comparison, against known results and by what must hold for all inputs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from nbstage.compare.locked import File, Locked, Out, Stage
from nbstage.compare.nouns import Predictions, Side, Verdict
from nbstage.compare.predictions import compare_predictions
from nbstage.compare.statistics import classes, classify, regress
from nbstage.compare.statistics.holm import holm
from nbstage.compare.statistics.mcnemar import mcnemar
from nbstage.compare.statistics.resample import paired_intervals, resamples
from nbstage.policy import Predicted

Array = NDArray[np.float64]
PATH = "predictions/test.csv"
PLAIN = Predicted()


def binary(rows: int, seed: int) -> tuple[Array, Array]:
    """Labels and scores with ties."""
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < 0.3).astype(float)
    return label, np.clip(label * 0.3 + rng.random(rows) * 0.7, 0, 1).round(2)


def side(tmp_path: Path, name: str) -> Side:
    """A version whose stage writes predictions."""
    locked = Locked((Stage("evaluate", outs=(Out(File(PATH)),)),))
    return Side(name, tmp_path / name, locked)


def both(
    tmp_path: Path,
    old: pd.DataFrame,
    new: pd.DataFrame,
    said: Predicted = PLAIN,
    primary: str = "",
) -> Predictions:
    """The comparison of two tables of predictions."""
    sides = side(tmp_path, "old"), side(tmp_path, "new")
    for one, frame in zip(sides, (old, new), strict=True):
        file = one.folder / PATH
        file.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(file, index=False)
    found = compare_predictions(*sides, said, primary=primary, confidence=0.95)
    assert found is not None
    return found


def table(label: Array, score: Array, **more: object) -> pd.DataFrame:
    ids = [f"r{number:04}" for number in range(len(label))]
    return pd.DataFrame({"id": ids, "label": label.astype(int), "score": score, **more})


# --- measures


@pytest.mark.parametrize("seed", range(5))
def test_measures_of_scores_are_those_of_scikit_learn_for_any_weights(seed: int) -> None:
    label, score = binary(200, seed)
    counts = np.random.default_rng(seed).integers(0, 4, size=(3, 200)).astype(float)
    measure = classify.measure_scores(label, score, threshold=0.5, names=classify.MEASURES)
    for found, weight in zip(measure(counts).T, counts, strict=True):
        expected = [
            sk.roc_auc_score(label, score, sample_weight=weight),
            sk.average_precision_score(label, score, sample_weight=weight),
            sk.accuracy_score(label, score >= 0.5, sample_weight=weight),
            sk.brier_score_loss(label, score, sample_weight=weight),
            sk.log_loss(label, score, sample_weight=weight),
        ]
        assert found == pytest.approx(expected, rel=1e-12)


def test_measures_of_numbers_are_those_of_scikit_learn_for_any_weights() -> None:
    rng = np.random.default_rng(3)
    label = rng.normal(10, 2, 100)
    predicted = label + rng.normal(0, 1, 100)
    weight = rng.integers(0, 4, size=(1, 100)).astype(float)
    found = regress.measure_numbers(label, predicted, names=regress.MEASURES)(weight)[:, 0]
    expected = [
        sk.mean_absolute_error(label, predicted, sample_weight=weight[0]),
        sk.root_mean_squared_error(label, predicted, sample_weight=weight[0]),
        sk.r2_score(label, predicted, sample_weight=weight[0]),
    ]
    assert found == pytest.approx(expected, rel=1e-10)


def test_scores_that_are_no_probabilities_have_no_log_loss_and_no_threshold_of_their_own() -> None:
    scores = np.array([0.2, 1.4])
    assert classify.measures_for(scores, scores, None) == ("roc_auc", "average_precision")
    assert classify.measures_for(scores, scores, 0.7)[2:] == ("accuracy",)
    assert classify.measures_for(scores / 2, scores, None) == ("roc_auc", "average_precision")
    assert classify.measures_for(scores / 2, scores / 2, None) == classify.MEASURES


# --- tests


def test_holm_gives_what_r_gives() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"), and an example whose order matters.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx((0.05, 0.08, 0.09, 0.09, 0.09))
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_makes_a_p_value_smaller_nor_changes_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    ordered = [after for _, after in sorted(zip(p_values, adjusted, strict=True))]
    assert ordered == sorted(ordered)


def test_mcnemar_is_the_exact_binomial_test_of_the_rows_that_one_alone_has_right() -> None:
    # Nine rows only the new one has right, one only the old: 2 * (1 + 10) / 2**10.
    label = np.ones(30)
    old = np.r_[np.zeros(9), np.ones(21)]
    new = np.r_[np.ones(29), np.zeros(1)]
    assert mcnemar(old == label, new == label) == pytest.approx(22 / 1024)


def test_the_permutation_test_of_one_row_pair_by_pair_is_exact_where_it_can_be() -> None:
    # All ten errors are smaller: of 2**10 ways to swap them 2 are as extreme.
    label = np.zeros(10)
    p = regress.permutation(label, np.arange(1.0, 11), np.zeros(10))
    assert p == pytest.approx(2 / 1024, abs=1e-6)


def test_the_interval_of_a_mean_difference_is_the_one_that_theory_gives() -> None:
    rng = np.random.default_rng(0)
    label = np.zeros(2000)
    old, new = np.abs(rng.normal(1, 0.2, 2000)), np.abs(rng.normal(1.1, 0.2, 2000))
    names = ("mae",)
    sides = [regress.measure_numbers(label, side, names=names) for side in (old, new)]
    (found,) = paired_intervals(sides[0], sides[1], 2000, 0.95)
    half = 1.96 * np.std(new - old, ddof=1) / math.sqrt(2000)
    assert found.low == pytest.approx(found.change - half, abs=half / 8)
    assert found.high == pytest.approx(found.change + half, abs=half / 8)


def test_large_tables_get_fewer_resamples_but_never_too_few() -> None:
    assert [resamples(rows) for rows in (100, 100_000, 200_000, 10**7)] == [2000, 2000, 1000, 500]


def test_two_models_of_the_same_quality_are_seldom_said_to_differ(tmp_path: Path) -> None:
    said = 0
    for seed in range(60):
        label, score = binary(150, seed)
        noise = np.random.default_rng(1000 + seed).normal(0, 0.15, (2, 150))
        sides = [
            classify.measure_scores(label, score + side, threshold=0.5, names=("roc_auc",))
            for side in noise
        ]
        (found,) = paired_intervals(sides[0], sides[1], 150, 0.95)
        said += found.low > 0 or found.high < 0
    assert said <= 8  # 3 are to be expected; more than 8 in 1 of 500 such tests


# --- both versions' predictions


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(30, 120))
def test_swapping_the_sides_negates_the_difference(seed: int, rows: int) -> None:
    label, old = binary(rows, seed)
    _, new = binary(rows, seed + 1)
    names = ("accuracy", "brier", "log_loss")
    sides = [
        classify.measure_scores(label, side, threshold=0.5, names=names) for side in (old, new)
    ]
    there = paired_intervals(sides[0], sides[1], rows, 0.9)
    back = paired_intervals(sides[1], sides[0], rows, 0.9)
    for one, other in zip(there, back, strict=True):
        assert one.change == -other.change
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
        assert one.p == other.p


def test_the_same_predictions_are_no_evidence_of_a_difference(tmp_path: Path) -> None:
    same = table(*binary(400, 1), group=["a", "b"] * 200)
    found = both(tmp_path, same, same)
    assert {one.verdict for one in found.differences} == {Verdict.NO_EVIDENCE}
    assert {(one.change, one.low, one.high, one.p) for one in found.differences} == {(0, 0, 0, 1)}
    assert [one.found.verdict for one in found.slices if one.found] == [Verdict.NO_EVIDENCE] * 2
    assert found.warnings == ()


def test_a_better_and_a_worse_model_are_said_to_be(tmp_path: Path) -> None:
    label, score = binary(600, 2)
    blurred = np.clip(score * 0.4 + np.random.default_rng(5).random(600) * 0.6, 0, 1)
    found = both(tmp_path, table(label, blurred), table(label, score))
    assert found.deciding is not None
    assert (found.deciding.measure, found.deciding.verdict) == ("roc_auc", Verdict.BETTER)
    found = both(tmp_path, table(label, score), table(label, blurred), primary="brier")
    assert found.deciding is not None
    assert (found.deciding.measure, found.deciding.verdict) == ("brier", Verdict.WORSE)


def test_a_model_that_is_worse_in_one_slice_alone_is_found_there(tmp_path: Path) -> None:
    label, score = binary(1200, 3)
    group = np.array(["a", "b", "c"] * 400)
    shuffled = score.copy()
    shuffled[group == "b"] = np.random.default_rng(0).random(400)
    found = both(tmp_path, table(label, score, group=group), table(label, shuffled, group=group))
    verdicts = {one.value: one.found.verdict for one in found.slices if one.found}
    none = Verdict.NO_EVIDENCE
    assert verdicts == {"a": none, "b": Verdict.WORSE, "c": none}


def test_numbers_are_compared_as_a_regression(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    label = rng.normal(50, 10, 300)
    frame = pd.DataFrame({"id": range(300), "label": label})
    old = frame.assign(prediction=label + rng.normal(0, 3, 300))
    new = frame.assign(prediction=label + rng.normal(0, 1, 300))
    found = both(tmp_path, old, new)
    assert (found.task, found.primary) == ("regression", "mae")
    assert {one.verdict for one in found.differences} == {Verdict.BETTER}
    assert found.differences[0].test == "paired permutation"


def species(rows: int, seed: int, wrong: float) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Names of three classes, and what a model says of which a share is drawn by chance."""
    rng = np.random.default_rng(seed)
    names = np.array(["Adelie", "Chinstrap", "Gentoo"])
    label = rng.choice(names, rows, p=[0.5, 0.2, 0.3])
    return label, np.where(rng.random(rows) < wrong, rng.choice(names, rows), label)


@pytest.mark.parametrize("seed", range(5))
def test_measures_of_classes_are_those_of_scikit_learn_for_any_resample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    label, predicted = rng.integers(0, 6, (2, 80)).astype(float)
    label[label == 5] = 0  # a class that is predicted only
    counts = np.bincount(rng.integers(0, 80, 80), minlength=80)
    drawn = np.repeat(np.arange(80), counts)
    measure = classes.measure_classes(label, predicted, classes=6, names=classes.MEASURES)
    accuracy, balanced, f1 = measure(counts[None, :].astype(float))[:, 0]
    true, said = label[drawn], predicted[drawn]
    assert accuracy == pytest.approx(sk.accuracy_score(true, said))
    assert balanced == pytest.approx(
        sk.recall_score(true, said, labels=np.unique(true), average="macro")
    )
    assert f1 == pytest.approx(sk.f1_score(true, said, average="macro"))


@pytest.mark.parametrize("numbered", [False, True])
def test_several_classes_are_compared_by_what_is_predicted(tmp_path: Path, numbered: bool) -> None:
    label, better = species(400, 0, 0.1)
    _, worse = species(400, 0, 0.4)
    frame = pd.DataFrame({"id": range(400), "label": label, "island": ["a", "b"] * 200})
    old, new = (frame.assign(prediction=one) for one in (worse, better))
    if numbered:
        codes = {"Adelie": 1, "Chinstrap": 2, "Gentoo": 3}
        old, new = (one.replace({"label": codes, "prediction": codes}) for one in (old, new))
    found = both(tmp_path, old, new, Predicted(task="classification"))
    assert (found.task, found.primary, found.failure) == ("classification", "accuracy", "")
    assert {one.measure for one in found.differences} == {*classes.MEASURES}
    assert {one.verdict for one in found.differences} == {Verdict.BETTER}
    assert found.differences[0].test == "exact McNemar"
    assert found.differences[0].new == pytest.approx(float((label == better).mean()))
    assert [one.found.verdict for one in found.slices if one.found] == [Verdict.BETTER] * 2


def test_predicted_names_of_two_classes_need_no_score(tmp_path: Path) -> None:
    label, predicted = species(300, 1, 0.2)
    frame = pd.DataFrame({"id": range(300), "label": label == "Adelie"}).replace(
        {"label": {True: "yes", False: "no"}}
    )
    same = frame.assign(prediction=np.where(predicted == "Adelie", "yes", "no"))
    found = both(tmp_path, same, same)
    assert (found.primary, found.failure) == ("accuracy", "")


def test_probabilities_of_several_classes_are_no_prediction(tmp_path: Path) -> None:
    label, _ = species(300, 1, 0.2)
    frame = pd.DataFrame({"id": range(300), "label": label, "score": 0.25})
    assert "predictions are the names of classes" in both(tmp_path, frame, frame).failure


def test_rows_are_matched_by_id_and_not_by_place(tmp_path: Path) -> None:
    old = table(*binary(300, 4))
    found = both(tmp_path, old, old.sample(frac=1, random_state=0))
    assert {one.change for one in found.differences} == {0}
    assert found.same_rows


def test_a_parquet_file_is_read_as_a_csv_file_is(tmp_path: Path) -> None:
    path = "predictions/test.parquet"
    locked = Locked((Stage("evaluate", outs=(Out(File(path)),)),))
    frame = table(*binary(300, 5), plan=["a", "b", "b"] * 100)
    sides = [Side(name, tmp_path / name, locked) for name in ("old", "new")]
    for one in sides:
        (one.folder / path).parent.mkdir(parents=True)
        frame.set_index("id").to_parquet(one.folder / path)
    found = compare_predictions(sides[0], sides[1], PLAIN, primary="", confidence=0.95)
    assert found is not None
    assert (found.failure, found.rows, len(found.slices)) == ("", 300, 2)
    (sides[1].folder / path).write_bytes(b"PAR1 and no more")
    found = compare_predictions(sides[0], sides[1], PLAIN, primary="", confidence=0.95)
    assert found is not None
    assert "no table that can be read" in found.failure


def test_other_rows_are_said_and_only_shared_ones_compared(tmp_path: Path) -> None:
    whole = table(*binary(300, 5))
    found = both(tmp_path, whole.iloc[:280], whole.iloc[50:])
    assert (found.rows, found.same_rows) == (230, False)
    assert "50 rows are gone, 20 are new" in found.warnings[0]


def test_other_labels_are_said_loudly(tmp_path: Path) -> None:
    old = table(*binary(300, 6))
    new = old.assign(label=old["label"].where(old.index >= 10, 1 - old["label"]))
    found = both(tmp_path, old, new)
    assert not found.same_rows
    assert found.warnings[0].startswith("LABELS CHANGED: 10 of 300 rows")
    assert {one.change for one in found.differences} == {0}


def test_labels_are_the_same_however_a_file_writes_them(tmp_path: Path) -> None:
    old = table(*binary(300, 6))
    for labels in (old["label"].astype(float), old["label"].astype(bool)):
        found = both(tmp_path, old, old.assign(label=labels))
        assert (found.same_rows, found.failure) == (True, "")


def test_ids_that_look_like_one_number_are_two(tmp_path: Path) -> None:
    label, score = binary(300, 6)
    ids = [f"{number // 2}" if number % 2 else f"0{number // 2}" for number in range(300)]
    named = table(label, score).drop(columns="id").assign(who=ids)
    assert both(tmp_path, named, named, Predicted(id="who")).failure == ""


def test_slices_that_the_baseline_had_otherwise_are_told(tmp_path: Path) -> None:
    label, score = binary(300, 4)
    old = table(label, score, plan=["a", "b", "b"] * 100, region=["n", "s"] * 150)
    assert both(tmp_path, old, old).slices_changed == ""
    found = both(
        tmp_path, old, table(label, score, plan=["b", "a", "b"] * 100, new=["x", "y"] * 150)
    )
    assert found.slices_changed == (
        "200 rows have another 'plan', column 'region' makes none any more"
    )
    assert any("the slices are not the baseline's" in text for text in found.warnings)
    assert {one.column for one in found.slices} == {"plan", "new"}


def test_columns_that_are_new_take_no_power_from_the_baselines_slices(tmp_path: Path) -> None:
    label, score = binary(600, 4)
    group = np.array(["a", "b"] * 300)
    worse = np.where(group == "b", np.random.default_rng(1).random(600), score)
    rng = np.random.default_rng(2)
    junk = {f"a{n}": rng.choice(list("abcdefghijklmnop"), 600) for n in range(8)}
    old = table(label, score, group=group)
    few = both(tmp_path, old, table(label, worse, group=group))
    many = both(tmp_path, old, table(label, worse, **junk, group=group))
    verdicts = [
        {
            one.value: one.found.verdict
            for one in found.slices
            if one.column == "group" and one.found
        }
        for found in (few, many)
    ]
    assert verdicts == [{"a": Verdict.NO_EVIDENCE, "b": Verdict.WORSE}] * 2
    assert len({one.column for one in many.slices}) > 1


def test_what_is_clear_is_shown_in_one_of_many_slices(tmp_path: Path) -> None:
    """A share of 2000 resamples is never below 0.001, which is too much to be one of 58."""
    label, score = binary(6000, 4)
    columns = {name: np.arange(6000) // step % 29 for name, step in (("one", 1), ("two", 31))}
    slices = {name: [f"v{at}" for at in column] for name, column in columns.items()}
    worse = np.where(columns["one"] == 3, 1 - score, score)
    found = both(tmp_path, table(label, score, **slices), table(label, worse, **slices))
    assert [
        one.value for one in found.slices if one.found and one.found.verdict is Verdict.WORSE
    ] == ["v3"]


def test_predictions_in_a_folder_that_a_stage_makes_are_compared(tmp_path: Path) -> None:
    locked = Locked((Stage("evaluate", outs=(Out(File("predictions")),)),))
    frame = table(*binary(300, 5))
    sides = Side("old", tmp_path / "old", locked), Side("new", tmp_path / "new", locked)
    for one in sides:
        (one.folder / PATH).parent.mkdir(parents=True)
        frame.to_csv(one.folder / PATH, index=False)
    found = compare_predictions(*sides, Predicted(path=PATH), primary="", confidence=0.95)
    assert found is not None
    assert (found.failure, found.rows) == ("", 300)


def test_predictions_that_moved_are_not_new(tmp_path: Path) -> None:
    """Else a model would escape comparison by a new name for its predictions."""
    locked = Locked((Stage("evaluate", outs=(Out(File("predictions/before.csv")),)),))
    old = Side("old", tmp_path, locked)
    sides = old, side(tmp_path, "new")
    found = compare_predictions(*sides, Predicted(path=PATH), primary="", confidence=0.95)
    assert found is not None
    assert (found.absent, found.failure) == (
        False,
        "the baseline's predictions are in 'predictions/before.csv'",
    )


def test_few_rows_are_said(tmp_path: Path) -> None:
    found = both(tmp_path, table(*binary(60, 7)), table(*binary(60, 7)))
    assert "only 60 rows" in found.warnings[0]


def test_names_of_two_classes_need_to_know_which_is_positive(tmp_path: Path) -> None:
    label, score = binary(300, 8)
    named = table(label, score).assign(label=np.where(label == 1, "yes", "no"))
    assert "positive" in both(tmp_path, named, named).failure
    found = both(tmp_path, named, named, Predicted(positive="yes"))
    assert found.differences[0].old == pytest.approx(sk.roc_auc_score(label, score))


def test_a_table_may_name_its_columns_otherwise(tmp_path: Path) -> None:
    plain = table(*binary(300, 9), plan=["a", "b", "b"] * 100)
    named = plain.rename(columns={"id": "who", "label": "left", "score": "risk"})
    said = Predicted(path=PATH, id="who", label="left", score="risk", slices=("plan",))
    found = both(tmp_path, named, named, said)
    assert [one.value for one in found.slices] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda one: pd.concat([one, one.iloc[:3]]),
            "ids in 'predictions/test.csv' that stand twice",
        ),
        (lambda one: one.drop(columns="score"), "the column 'score' or 'prediction'"),
        (
            lambda one: one.assign(score=one["score"].where(one.index > 2)),
            "3 rows without a finite",
        ),
        (lambda one: one.assign(label=one["label"].where(one.index > 0)), "1 rows in"),
        (lambda one: one.assign(id=one["id"] + "x"), "no row in common"),
        (lambda one: one.iloc[:0], "no row in common"),
    ],
)
def test_predictions_that_can_not_be_compared_say_why(
    tmp_path: Path, change: object, told: str
) -> None:
    whole = table(*binary(300, 10))
    assert callable(change)
    found = both(tmp_path, whole, change(whole))
    assert told in found.failure
    assert found.differences == ()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"PAR1", b'a,b\n"', b"id,label,score\n1"]
)
def test_a_broken_table_is_no_crash(tmp_path: Path, content: bytes) -> None:
    whole = table(*binary(300, 11))
    both(tmp_path, whole, whole)
    (tmp_path / "new" / PATH).write_bytes(content)
    sides = side(tmp_path, "old"), side(tmp_path, "new")
    found = compare_predictions(*sides, Predicted(), primary="", confidence=0.95)
    assert found is not None
    assert found.failure
