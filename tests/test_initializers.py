import numpy as np
import pytest

from scratchnet import initializers
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.initializers import (
    INITIALIZERS,
    Constant,
    GlorotUniform,
    HeNormal,
    Initializer,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)  # fmt: skip

# The limits of the notebook's four layers
LIMITS = {(3, 3, 1, 32): 0.142134, (3, 3, 32, 64): 0.083333, (9216, 128): 0.025340, (128, 10): 0.208514}

ROWS = [
    *((name, {}) for name in dict.fromkeys(kind.__name__ for kind in INITIALIZERS.values())),
    ("Constant", {"value": 0.1}),
    ("RandomUniform", {"minval": 0.5, "maxval": 2.0}),
    ("RandomNormal", {"mean": 1.0, "stddev": 0.5}),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 2.0}),
    *(
        ("VarianceScaling", {"scale": 3.0, "mode": mode, "distribution": distribution})
        for mode in VarianceScaling.MODES
        for distribution in VarianceScaling.DISTRIBUTIONS
    ),
]


def draw(initializer, shape, dtype="float64", seed=0):
    return initializer(shape, np.random.default_rng(seed), np.dtype(dtype))


@pytest.mark.parametrize(("shape", "limit"), LIMITS.items())
def test_glorot_uniform_fills_its_limits_evenly(shape, limit):
    w = draw(GlorotUniform(), shape)
    assert w.shape == shape
    assert 0.95 * limit < np.abs(w).max() <= limit * 1.00001
    assert abs(w.mean()) < 4 * limit / np.sqrt(3 * w.size)
    assert w.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


@pytest.mark.parametrize(("name", "options"), ROWS, ids=str)
def test_it_draws_from_keras_distribution(name, options, keras):
    """20,736 numbers of each: no moment further from Keras's than chance explains, nor their ends."""
    shape = (3, 3, 48, 48) if options.get("mode") != "fan_out" else (3, 3, 96, 24)
    ours = draw(initializers.get({"class_name": name, "config": options}), shape)
    seed = {} if name in ("Zeros", "Ones", "Constant") else {"seed": 0}
    theirs = np.asarray(getattr(keras.initializers, name)(**options, **seed)(shape, dtype="float64"))
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.04 * theirs.std() + 1e-12)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
    quantiles = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    np.testing.assert_allclose(np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.07 * theirs.std())
    bounded = any(word in f"{name}{options}".lower() for word in ("uniform", "trunc", "glorot", "he", "lecun"))
    if bounded and "untruncated" not in str(options):
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)


@pytest.mark.parametrize("shape", [(), (7,), (7, 3), (5, 7, 3), (3, 2, 7, 5)])
def test_fans_are_keras(shape, keras):
    from keras.src.initializers.random_initializers import compute_fans

    assert initializers.fans(shape) == compute_fans(shape)


def test_a_cut_at_two_standard_deviations():
    w = draw(TruncatedNormal(mean=1.0, stddev=0.5), (100, 100))
    assert 1.99 < np.abs(w - 1).max() / 0.5 <= 2
    assert w.std() == pytest.approx(0.5 * initializers.LEFT_BY_THE_CUT, rel=0.02)


def test_constants():
    assert (draw(Zeros(), (2, 3)) == 0).all()
    assert (draw(Ones(), (2, 3), "float32") == 1).all()
    assert draw(Constant(0.1), (2,))[0] == np.float32(0.1), "as Keras casts it"


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name[0].isupper()])
def test_both_dtypes_start_from_the_same_weights(name):
    initializer = initializers.get(name)
    single, double = (draw(initializer, (5, 4), dtype, seed=3) for dtype in ("float32", "float64"))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype("float32"))


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name[0].isupper()])
def test_parameters_begin_at_a_line_of_the_cache(name):
    for size in range(4, 9):
        w = draw(initializers.get(name), (size, 4), "float32")
        assert (w.ctypes.data % 64, w.flags.c_contiguous, w.flags.writeable) == (0, True, True)


def test_a_seed_is_a_stream_of_its_own():
    rng = np.random.default_rng(0)
    first, second = (RandomNormal()((4,), rng, np.dtype("f8")) for _ in range(2))
    assert not np.array_equal(first, second), "unseeded: what the generator gives next"
    rng = np.random.default_rng(0)
    first, second = (RandomNormal(seed=7)((4,), rng, np.dtype("f8")) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert rng.random() == np.random.default_rng(0).random(), "the model's stream is left as it was"
    assert not np.array_equal(first, draw(RandomNormal(seed=8), (4,)))
    assert HeNormal(seed=7) != HeNormal()


@pytest.mark.parametrize(("name", "options"), ROWS, ids=str)
def test_it_is_written_as_keras_writes_it(name, options, keras):
    theirs = keras.initializers.serialize(getattr(keras.initializers, name)(**options))
    ours = initializers.get({"class_name": theirs["class_name"], "config": theirs["config"]})
    written = initializers.serialize(ours)
    assert written["class_name"] == theirs["class_name"] == name
    rest = {option: value for option, value in theirs["config"].items() if option not in written["config"]}
    assert written["config"] | rest == theirs["config"]
    assert set(rest.values()) <= {None}
    assert initializers.get(written) == ours


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("glorot_uniform", "GlorotUniform"), ("HeNormal", "HeNormal"), ("lecun_normal", "LecunNormal"), ("zeros", "Zeros"),
        ("zero", "Zeros"), ("one", "Ones"), ("uniform", "RandomUniform"), ("normal", "RandomNormal"),
        ("truncated_normal", "TruncatedNormal"), ("variance_scaling", "VarianceScaling"),
    ],
)  # fmt: skip
def test_names_are_keras(name, kind, keras):
    made = initializers.get(name)
    assert type(made).__name__ == type(keras.initializers.get(name)).__name__ == kind
    assert initializers.get(made) is made


def test_normal_is_another_name_of_the_truncated_one():
    assert VarianceScaling(distribution="normal") == VarianceScaling(distribution="truncated_normal")


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ("glorot", ScratchnetError, "initializer='glorot'. Expected one of Zeros, Ones"),
        (None, ScratchnetError, "initializer=None"),
        (np.zeros, ScratchnetError, "initializer=<"),
        (np.zeros(3), ScratchnetError, "initializer=array"),
        ({"class_name": "Orthogonal", "config": {}}, ModelFileError, "Orthogonal"),
        ({"class_name": "HeNormal", "config": {"input_axes": [0]}}, ModelFileError, "has input_axes=[0]"),
        ({"class_name": "HeNormal", "config": {"seed": {"a": 1}}}, ScratchnetError, "seed={'a': 1}"),
        ({"class_name": "Constant", "config": {"value": [1, 2]}}, ScratchnetError, "value=[1, 2]"),
    ],
)  # fmt: skip
def test_what_is_no_initializer_is_refused(given, kind, words):
    with pytest.raises(kind) as refused:
        initializers.get(given)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RandomUniform(1.0, 0.0), "minval=1.0, maxval=0.0"),
        (lambda: RandomNormal(0.0, -1.0), "stddev=-1.0"),
        (lambda: TruncatedNormal(float("nan")), "mean=nan"),
        (lambda: VarianceScaling(0.0), "scale=0.0"),
        (lambda: VarianceScaling(mode="fan"), "mode='fan'"),
        (lambda: VarianceScaling(distribution="gauss"), "distribution='gauss'"),
        (lambda: HeNormal(seed=-1), "seed=-1"),
        (lambda: HeNormal(seed=True), "seed=True"),
        (lambda: Constant("1"), "value='1'"),
    ],
)
def test_options_that_can_not_be_are_refused(make, words):
    with pytest.raises(ScratchnetError) as refused:
        make()
    assert words in str(refused.value)


def test_an_initializer_of_ones_own():
    class Ramp(Initializer):
        def _draw(self, shape, rng):
            return np.arange(np.prod(shape), dtype=float).reshape(shape)

    own = Ramp()
    assert initializers.get(own) is own
    np.testing.assert_array_equal(draw(own, (2, 2), "float32"), [[0, 1], [2, 3]])
