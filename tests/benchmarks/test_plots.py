"""The picture over the size of a batch: what it holds; how it looks is for eyes."""

import numpy as np
import pytest

from benchmarks import plots
from benchmarks.peers import ENTRIES

SPEEDS = {
    "step": {"scratchnet": {1: 500.0, 8: 2000.0, 128: 9000.0}, "pytorch": {1: 300.0, 8: 800.0, 128: 1300.0}},
    "predict": {"scratchnet": {1: 900.0, 8: 5000.0, 128: 26000.0}, "newcomer": {8: 100.0, 128: 26000.0}},
}


def test_a_panel_a_measure_and_a_curve_a_peer_named_at_its_end():
    training, predicting = plots.over_batch_size(SPEEDS).axes
    assert [axes.get_title(loc="left") for axes in (training, predicting)] == ["Training", "Predicting"]
    ours, theirs = training.get_lines()
    assert ours.get_xydata().tolist() == [[1, 500], [8, 2000], [128, 9000]]
    assert theirs.get_xydata().tolist() == [[1, 300], [8, 800], [128, 1300]]
    names = {text.get_text(): text.xy for text in training.texts}
    assert {name: round(y) for name, (_, y) in names.items()} == {"scratchnet": 9000, "PyTorch": 1300}
    assert [label.get_text() for label in training.get_xticklabels()] == ["1", "8", "128"]


def test_names_of_curves_that_meet_stand_apart():
    _, predicting = plots.over_batch_size(SPEEDS).axes
    low, high = np.log(predicting.get_ylim())
    ours, theirs = sorted(np.log(text.xy[1]) for text in predicting.texts)
    assert theirs - ours == pytest.approx((high - low) / plots.LINES)
    assert (ours + theirs) / 2 == pytest.approx(np.log(26000))  # moved as far up as down


@pytest.mark.parametrize(
    ("places", "apart"),
    [([0, 5], [0, 5]), ([3, 3], [2.5, 3.5]), ([0, 0.5, 9], [-0.25, 0.75, 9]), ([1, 1, 1], [0, 1, 2])],
)
def test_places_move_no_more_than_they_must(places, apart):
    assert plots._apart(np.array(places, float)) == pytest.approx(apart)


def test_every_peer_has_a_look_of_its_own():
    assert plots.STYLES.keys() == ENTRIES.keys()
    assert len({style[0] for style in plots.STYLES.values()}) == len({style[1] for style in plots.STYLES.values()}) == 8


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_it_is_kept_as_the_name_ends(tmp_path, name, begins):
    plots.save(plots.over_batch_size(SPEEDS), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
