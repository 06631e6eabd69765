import numpy as np
import pytest

from scratchnet import metrics
from scratchnet.errors import ModelFileError, ScratchnetError, ShapeError
from scratchnet.metrics import Accuracy, BinaryAccuracy, CategoricalAccuracy, TopKCategoricalAccuracy

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 7, 12)
ONE_HOT = np.eye(7)[LABELS]
SCORES = RNG.integers(0, 6, (12, 7)) / 8  # with ties
YES = RNG.integers(0, 2, (12, 1)).astype(float)
SHARES = RNG.integers(0, 9, (12, 1)) / 8  # with halves
PIXELS, PIXEL_LABELS = RNG.random((5, 3, 4)), RNG.integers(0, 4, (5, 3))
PIXEL_ONE_HOT = np.eye(4)[PIXEL_LABELS]

ROWS = [
    ("accuracy", {}, ONE_HOT, SCORES), ("accuracy", {}, LABELS, SCORES), ("accuracy", {}, LABELS[:, None], SCORES),
    ("accuracy", {}, YES, SHARES), ("accuracy", {}, YES[:, 0], SHARES), ("acc", {}, ONE_HOT, SCORES),
    ("accuracy", {}, PIXEL_LABELS, PIXELS), ("accuracy", {}, PIXEL_LABELS[..., None], PIXELS),
    ("accuracy", {}, PIXEL_ONE_HOT, PIXELS), ("Accuracy", {}, ONE_HOT, SCORES),
    ("categorical_accuracy", {}, ONE_HOT, SCORES), ("CategoricalAccuracy", {}, PIXEL_ONE_HOT, PIXELS),
    ("sparse_categorical_accuracy", {}, LABELS, SCORES), ("sparse_categorical_accuracy", {}, LABELS[:, None], SCORES),
    ("binary_accuracy", {}, YES, SHARES), ("BinaryAccuracy", {"threshold": 0.25}, YES, SHARES),
    ("binary_accuracy", {}, ONE_HOT, SCORES),
    ("top_k_categorical_accuracy", {}, ONE_HOT, SCORES), ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, SCORES),
    ("TopKCategoricalAccuracy", {"k": 1}, PIXEL_ONE_HOT, PIXELS), ("TopKCategoricalAccuracy", {"k": 9}, ONE_HOT, SCORES),
    ("sparse_top_k_categorical_accuracy", {}, LABELS, SCORES),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS[:, None], SCORES),
    ("mse", {}, ONE_HOT, SCORES), ("mae", {}, YES[:, 0], SHARES), ("mean_squared_error", {}, PIXEL_ONE_HOT, PIXELS),
    ("MAE", {}, ONE_HOT, SCORES), ("MeanAbsoluteError", {}, YES, SHARES),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "t", "y"), ROWS, ids=lambda value: getattr(value, "shape", value))
def test_names_and_numbers_are_keras(name, options, t, y, keras):
    from keras.src.trainers.compile_utils import get_metric

    y = y.astype("float32")
    ours = metrics.get({"class_name": name, "config": options} if options else name)
    theirs = get_metric(getattr(keras.metrics, name)(**options) if options else name, t, y)
    theirs.update_state(t, y)
    values = ours.value(t, y)
    assert values.shape == (len(y),)
    assert ours.name == theirs.name
    assert values.mean() == pytest.approx(float(theirs.result()), rel=1e-6)


def test_accuracy_says_of_each_sample_whether_the_largest_is_right():
    t = np.eye(3)[[0, 1, 2]]
    y = np.array([[0.4, 0.3, 0.3], [0.4, 0.3, 0.3], [0.1, 0.2, 0.7]])
    np.testing.assert_array_equal(Accuracy().value(t, y), [1, 0, 1])


def test_a_sample_of_many_positions_counts_once():
    t, y = np.array([[0, 1], [1, 1]]), np.eye(2)[[[0, 0], [1, 1]]]
    np.testing.assert_array_equal(metrics.get("accuracy").value(t, y), [0.5, 1])


def test_all_that_tie_with_the_kth_are_among_the_k():
    y = np.array([[0.5, 0.5, 0.5, 0.1]])
    found = [TopKCategoricalAccuracy(1).value(np.eye(4)[[k]], y)[0] for k in range(4)]
    assert found == [1, 1, 1, 0]


def test_the_threshold_itself_is_a_no():
    np.testing.assert_array_equal(BinaryAccuracy().value(np.array([[0.0], [1.0]]), np.array([[0.5], [0.5]])), [1, 0])


@pytest.mark.parametrize(
    ("metric", "written"),
    [
        (metrics.get("acc"), "acc"),
        (metrics.get("mse"), "mse"),
        (metrics.get("categorical_accuracy"), "categorical_accuracy"),
        (CategoricalAccuracy(), "categorical_accuracy"),
        (TopKCategoricalAccuracy(), "top_k_categorical_accuracy"),
        (
            TopKCategoricalAccuracy(3, name="top3"),
            {"class_name": "TopKCategoricalAccuracy", "config": {"name": "top3", "k": 3}},
        ),
        (
            BinaryAccuracy(0.3),
            {"class_name": "BinaryAccuracy", "config": {"name": "binary_accuracy", "threshold": 0.3}},
        ),
    ],
)
def test_written_and_read_again(metric, written):
    assert metrics.serialize(metric) == written
    assert metrics.get(written) == metric
    assert metrics.get(metric) is metric


def test_what_keras_writes_is_read(keras):
    theirs = keras.metrics.serialize(keras.metrics.TopKCategoricalAccuracy(3, name="top3", dtype="float32"))
    assert metrics.get(theirs) == TopKCategoricalAccuracy(3, name="top3")


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ("auc", ScratchnetError, "metric='auc'. Expected one of CategoricalAccuracy"),
        (np.mean, ScratchnetError, "metric=<"),
        (None, ScratchnetError, "metric=None"),
        ({"class_name": "AUC", "config": {}}, ModelFileError, "AUC"),
        ({"class_name": "SparseTopKCategoricalAccuracy", "config": {"from_sorted_ids": True}}, ModelFileError, "sorted"),
        ({"class_name": "TopKCategoricalAccuracy", "config": {"k": 2.5}}, ScratchnetError, "k=2.5"),
        ({"class_name": "BinaryAccuracy", "config": {"threshold": "x"}}, ScratchnetError, "threshold='x'"),
    ],
)  # fmt: skip
def test_what_is_no_metric_is_refused(given, kind, words):
    with pytest.raises(kind) as refused:
        metrics.get(given)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("name", "t", "y"),
    [
        ("categorical_accuracy", LABELS, SCORES), ("sparse_categorical_accuracy", ONE_HOT, SCORES),
        ("binary_accuracy", LABELS, SCORES), ("top_k_categorical_accuracy", LABELS, SCORES), ("mse", LABELS, SCORES),
        ("accuracy", ONE_HOT[:, :5], SCORES),
    ],
)  # fmt: skip
def test_targets_of_another_shape_are_refused(name, t, y):
    with pytest.raises(ShapeError, match=r"targets of shape \(12.*for answers of shape \(12, 7\)"):
        metrics.get(name).value(t, y)
