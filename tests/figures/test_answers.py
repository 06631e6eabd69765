"""Calibration, precision and recall, and confusions, of answers made up."""

import numpy as np
import pytest

from scratchnet.figures.answers import Pair, calibration, confused_pairs, precision_recall


def answers(confidence, *, K=4):
    """Class 0, each with this probability, the rest shared by the others."""
    confidence = np.asarray(confidence, float)[:, None]
    return np.hstack([confidence, np.repeat((1 - confidence) / (K - 1), K - 1, axis=1)])


def test_who_is_always_sure_and_right_has_no_error():
    found = calibration(np.zeros(7, int), answers([1.0] * 7))
    assert found.error == 0
    assert found.counts.tolist() == [0] * 9 + [7]
    assert (found.accuracy[-1], found.confidence[-1]) == (1, 1)
    assert np.isnan(found.accuracy[:-1]).all()


def test_who_is_sure_and_wrong_has_all_of_it():
    assert calibration(np.ones(3, int), answers([1.0] * 3)).error == 1


def test_the_error_is_the_gap_of_each_bin_by_its_share():
    labels = np.array([0, 0, 0, 1, 0, 1])  # 3 of 4 right with 0.95, 1 of 2 with 0.65
    found = calibration(labels, answers([0.95] * 4 + [0.65] * 2))
    assert found.counts.tolist() == [0] * 6 + [2, 0, 0, 4]
    np.testing.assert_allclose(found.accuracy[[6, 9]], [0.5, 0.75])
    np.testing.assert_allclose(found.confidence[[6, 9]], [0.65, 0.95])
    assert found.error == pytest.approx(4 / 6 * 0.2 + 2 / 6 * 0.15)


def test_float32_that_rounds_above_1_is_sure():
    assert calibration(np.zeros(1, int), np.array([[np.nextafter(np.float32(1), np.float32(2)), 0]])).error == 0


def test_precision_is_of_the_answers_and_recall_of_the_images():
    labels, said = np.array([0, 0, 0, 1, 1, 2]), [0, 0, 1, 1, 0, 0]
    precision, recall, count = precision_recall(labels, np.eye(4)[said])
    np.testing.assert_allclose(precision, [2 / 4, 1 / 2, np.nan, np.nan])
    np.testing.assert_allclose(recall, [2 / 3, 1 / 2, 0, np.nan])
    assert count.tolist() == [3, 2, 1, 0]


def test_pairs_come_most_often_confused_first_and_never_the_right_ones():
    matrix = np.array([[90, 2, 0], [5, 80, 2], [0, 7, 70]])
    pairs = [Pair(2, 1, 7), Pair(1, 0, 5), Pair(0, 1, 2), Pair(1, 2, 2)]
    assert confused_pairs(matrix, 10) == pairs
    assert confused_pairs(matrix, 3) == pairs[:3]
    assert confused_pairs(np.eye(3, dtype=int), 3) == []
