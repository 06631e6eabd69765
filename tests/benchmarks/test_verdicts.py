"""The arithmetic of the table, row by row, from times that are known."""

import io
import json
import math

import pytest
from rich.console import Console

from benchmarks.contest import Result
from benchmarks.rows import FASTEST, ROWS, TRIALS, Row
from benchmarks.verdicts import MISSING, Verdict, as_json, judge, table

TIMES = {"scratchnet": [2.0, 4.0, 3.0], "slow": [30.0, 10.0, 20.0], "fast": [6.0, 8.0, 7.0]}
RESULT = Result(
    "title", "ms", 1e3, TIMES, {"scratchnet": 400.0, "slow": 1600.0, "fast": 500.0}, flop=9e9, gemm_rate=2e11
)


def row(bar, figure="median", against="slow"):
    return Row("a row", "trial", bar, figure, against)


@pytest.mark.parametrize(
    ("judged", "ours", "theirs", "unit", "against"),
    [
        (row(0.2), 3.0, 20.0, "ms", "slow"),
        (row(0.2, "best"), 3.0, 10.0, "ms", "slow"),
        (row(0.2, "floor"), 3.0, 45.0, "ms", "dense floor"),
        (row(0.2, "peak_mb"), 400.0, 1600.0, "MB", "slow"),
        (row(0.2, against=FASTEST), 3.0, 7.0, "ms", "fast"),
    ],
)
def test_a_ratio_is_of_our_median_and_their_figure(judged, ours, theirs, unit, against):
    verdict = judge(judged, RESULT)
    assert (verdict.ours, verdict.theirs, verdict.unit, verdict.against) == (ours, theirs, unit, against)
    assert verdict.ratio == ours / theirs


def test_beside_the_median_stands_the_ratio_to_their_best():
    assert judge(row(0.2), RESULT).best_ratio == 3.0 / 10.0
    assert judge(row(0.2, "peak_mb"), RESULT).best_ratio is None


def test_seconds_are_compared_with_nobody():
    verdict = judge(row(3.0, "seconds"), RESULT)
    assert (verdict.ratio, verdict.theirs, verdict.says) == (3.0, None, "pass")
    assert judge(row(2.9, "seconds"), RESULT).says == "falls short"


@pytest.mark.parametrize(
    ("bar", "says"), [(0.15, "pass"), (0.1499, "falls short"), (1.0, "pass"), (None, "")]
)  # 3 / 20
def test_the_bar_itself_passes(bar, says):
    assert judge(row(bar), RESULT).says == says


def test_what_is_no_number_falls_short():
    assert Verdict(row(0.5), math.nan, 1.0).says == "falls short"


@pytest.mark.parametrize("result", [None, Result("title", "ms", 1e3, {"scratchnet": [1.0]}, {"scratchnet": 1.0})])
@pytest.mark.parametrize("against", ["slow", FASTEST])
def test_without_the_other_nothing_is_measured(result, against):
    verdict = judge(row(0.5, against=against), result)
    assert (verdict.ratio, verdict.says) == (None, MISSING)


def test_json_has_each_row_with_its_verdict_and_each_trial_with_its_times():
    verdicts = [judge(row(0.1), RESULT), judge(row(None), None)]
    content = json.loads(json.dumps(as_json(verdicts, {"trial": RESULT})))
    assert content["rows"][0] == {
        "name": "a row", "trial": "trial", "bar": 0.1, "figure": "median", "against": "slow",
        "ours": 3.0, "theirs": 20.0, "unit": "ms", "ratio": 0.15, "best_ratio": 0.3, "verdict": "falls short",
    }  # fmt: skip
    assert content["rows"][1]["verdict"] == "not measured"
    assert content["trials"]["trial"]["times"] == TIMES


def lines(verdicts, width):
    console = Console(width=width, file=io.StringIO())
    console.print(table(verdicts))
    return console.file.getvalue().splitlines()


def test_a_line_shows_figures_ratio_bar_and_verdict():
    shown = lines([judge(row(0.1), RESULT), judge(row(4.0, "seconds"), RESULT), judge(row(None), RESULT)], 100)
    assert shown[1].split() == ["a", "row", "3.00", "ms", "20.0", "ms", "0.15", "0.30", "≤", "0.10", "falls", "short"]
    assert shown[2].split() == ["a", "row", "3.00", "ms", "≤", "4", "s", "pass"]
    assert shown[3].split() == ["a", "row", "3.00", "ms", "20.0", "ms", "0.15", "0.30"]


def test_in_100_columns_no_label_is_cut():
    verdicts = [Verdict(row, 1234.5, 5678.9, "ms", "keras-tensorflow", 0.23) for row in ROWS]
    shown = lines(verdicts, 100)
    assert max(map(len, shown)) <= 100
    assert not any("…" in line for line in shown)
    assert all(any(line.startswith(row.name) for line in shown) for row in ROWS if row.against != FASTEST)


# ---------- the rows that there are
def test_the_bars():
    bars = {row.name: row.bar for row in ROWS}
    assert bars["training step : Keras on TensorFlow's best"] == 0.20
    assert list(bars.values()) == [
        0.20, 0.18, 0.33, None, 0.40, 0.35, 0.70, 0.40, 0.25, 0.30, 20.0, 0.6, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
    ]  # fmt: skip


def test_every_row_has_its_trial_and_every_trial_a_row():
    assert {row.trial for row in ROWS} == TRIALS.keys()


def test_a_row_is_against_someone_in_its_trial():
    for row in ROWS:
        trial = TRIALS[row.trial]
        others = getattr(trial, "peers", None) or (trial.peer,)
        assert row.figure == "seconds" or row.against in (FASTEST, *others)
        assert row.figure != "floor" or trial.gemm
