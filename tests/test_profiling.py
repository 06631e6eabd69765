"""Real steps, timed part by part: that nothing is left out, nothing counted twice, and the user's model not touched."""

import json

import numpy as np
import pytest
from rich.console import Console

from scratchnet import profiling
from scratchnet.errors import ScratchnetError
from scratchnet.fusion.work import Work
from scratchnet.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from scratchnet.models import Sequential
from scratchnet.optimizers import Adadelta, Adam
from scratchnet.profiling import Profile, Row


def network(kernels="plain", optimizer=None, **options):
    model = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(4, 3, activation="relu", name="conv"),
            MaxPooling2D(name="pool"),
            Dropout(0.5, name="drop"),
            Flatten(name="flat"),
            Dense(3, activation="softmax", name="dense"),
        ],
        kernels=kernels,
        **options,
    )
    model.compile(optimizer or Adadelta(), "categorical_crossentropy", metrics=["accuracy"])
    return model


def samples(count=20):
    rng = np.random.default_rng(0)
    return rng.uniform(size=(count, 8, 8, 1)).astype(np.float32), np.eye(3)[rng.integers(0, 3, count)]


@pytest.fixture(autouse=True)
def small_products(monkeypatch):
    monkeypatch.setattr(profiling, "SIDE", 64)


UPDATES = [(f"update {layer}", variable) for layer in ("conv", "dense") for variable in ("kernel", "bias")]
BESIDE = [("the batch", "gather"), ("dropout", "masks"), ("loss", ""), *UPDATES, ("the rest", "")]


# ---------- the rows
def test_there_is_a_row_for_every_step_each_way_and_for_all_else():
    profile = network().profile(*samples(), batch_size=6, steps=2)
    layers = [(name, way) for name in ("conv", "pool", "drop", "flat", "dense") for way in ("forward", "backward")]
    assert [(row.name, row.way) for row in profile.rows] == [*layers, *BESIDE]
    assert (profile.batch_size, profile.steps) == (6, 2)


@pytest.mark.jit
def test_layers_that_run_as_one_step_have_one_row_each_way():
    profile = network("fused").profile(*samples(), batch_size=6, steps=2)
    layers = [(name, way) for name in ("conv, pool, drop", "flat", "dense") for way in ("forward", "backward")]
    assert [(row.name, row.way) for row in profile.rows] == [*layers, *BESIDE]
    assert profile.rows[0].work.dense == profile.rows[1].work.dense == 6 * 36 * 9 * 4


def test_what_is_not_run_has_no_row():
    model = Sequential(
        [Input((8, 8, 1)), Conv2D(2, 3, trainable=False), BatchNormalization(), Flatten(), Dense(3)], kernels="plain"
    )
    model.compile(Adam(), "mse")
    rows = model.profile(*samples(), steps=1).rows
    ways = [row.way for row in rows if row.name == model.layers[0].name]
    assert ways == ["forward"]
    assert ("dropout", "masks") not in [(row.name, row.way) for row in rows]


def test_the_parts_make_up_the_whole():
    profile = network().profile(*samples(), steps=1)
    assert sum(row.seconds for row in profile.rows) == pytest.approx(profile.whole.seconds)
    assert all(row.seconds > 0 for row in profile.rows)


def test_a_part_within_another_is_not_counted_twice(monkeypatch):
    times = iter([0.0, 1.0, 4.0, 10.0, 10.0, 12.0])  # outer from 0 to 10, inner from 1 to 4; inner again from 10 to 12
    monkeypatch.setattr(profiling.time, "perf_counter", lambda: next(times))
    clock = profiling._Clock()
    inner = clock.timed(("inner", ""), lambda value: value + 1)
    outer = clock.timed(("outer", ""), inner)
    assert outer(1) == 2
    assert clock.spent == {("inner", ""): 3.0, ("outer", ""): 7.0}
    inner(1)
    assert clock.spent == {("inner", ""): 5.0, ("outer", ""): 7.0}


def test_seconds_are_medians_and_warming_up_does_not_count(monkeypatch):
    step, now, takes = profiling.train_step, [0.0], [100.0] * profiling.WARM + [4.0, 9.0, 1.0] + [100.0]

    def slow_step(*arguments):
        now[0] += takes.pop(0)
        return step(*arguments)

    monkeypatch.setattr(profiling.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(profiling, "train_step", slow_step)
    monkeypatch.setattr(profiling, "gemm_rate", lambda *arguments, **options: 1.0)
    profile = network().profile(*samples(), steps=3)
    assert profile.whole.seconds == 4.0
    assert {(row.name, row.seconds) for row in profile.rows if row.seconds} == {("the rest", 4.0)}
    assert takes == []


# ---------- the work
def test_the_work_of_a_step():
    profile = network().profile(*samples(), batch_size=6, steps=1)
    work = {(row.name, row.way): row.work for row in profile.rows}
    conv, dense = 6 * 36 * 9 * 4, 6 * 36 * 3  # 6 × 6 windows, pooled to 3 × 3 × 4 = 36 inputs
    assert work["conv", "forward"].dense == conv
    assert work["conv", "backward"].dense == conv  # nobody wants the first layer's dx
    assert work["dense", "backward"].dense == 2 * dense
    assert work["update dense", "kernel"] == Work(
        nbytes=4 * 36 * 3 * (3 + 2 * 2)
    )  # w, g → w; both slots there and back
    assert work["flat", "forward"].nbytes == 0
    assert work["loss", ""] is None
    whole = profile.whole.work
    assert whole.dense == 2 * conv + 3 * dense
    assert whole.nbytes == sum(part.nbytes for part in work.values() if part)


def test_figures_of_a_row():
    row = Row("conv", "forward", 2.0, Work(dense=100, done=25))
    assert (row.skipped, row.rate) == (0.75, 25.0)  # a multiply and an add each
    other = Row("pool", "forward", 2.0, Work(nbytes=7))
    assert (other.skipped, other.rate) == (None, None)


# ---------- the model
@pytest.mark.parametrize("kernels", ["plain", pytest.param("fused", marks=pytest.mark.jit)])
def test_nothing_of_the_model_is_changed(kernels):
    model, (x, y) = network(kernels), samples()
    model.fit(x, y, batch_size=6, verbose=0)
    weights, variables = model.get_weights(), {key: value.copy() for key, value in model.optimizer.variables.items()}
    images = x.copy()
    model.profile(x, y, batch_size=6, steps=2)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert variables["iteration"] == 4
    assert model.optimizer.variables.keys() == variables.keys()
    for key, value in model.optimizer.variables.items():
        np.testing.assert_array_equal(value, variables[key])
    np.testing.assert_array_equal(x, images)
    twin = network(kernels)
    twin.fit(x, y, batch_size=6, verbose=0)
    twin.fit(x, y, batch_size=6, verbose=0)
    model.fit(x, y, batch_size=6, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], twin.get_weights()[0])


def test_an_optimizer_that_has_not_stepped_has_not_stepped_after_it():
    model = network()
    model.profile(*samples(), steps=1)
    assert (model.optimizer.built, model.optimizer.iterations, model.optimizer.slots) == (False, 0, {})


def test_the_steps_are_those_of_training(monkeypatch):
    seen = []
    step = profiling.train_step
    monkeypatch.setattr(profiling, "train_step", lambda *a: seen.append((len(a[2].x), a[3].step)) or step(*a))
    network().profile(*samples(4), batch_size=6, steps=2)
    assert seen == [(4, number) for number in range(profiling.WARM + 2 + 1)]  # as many samples as there are


@pytest.mark.parametrize("option", ["steps", "batch_size"])
def test_options_that_can_not_be(option):
    with pytest.raises(ScratchnetError, match=f"{option}=0"):
        network().profile(*samples(), **{option: 0})


def test_a_model_without_a_loss():
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(3)], kernels="plain")
    with pytest.raises(ScratchnetError, match="without a loss"):
        model.profile(*samples())


# ---------- shown
PROFILE = Profile(
    rows=[
        Row("batch_normalization_12, re_lu_3", "forward", 0.1234567, Work(10**9, 10**8, 123_456_789)),
        Row("batch_normalization_12, re_lu_3", "backward", 0.0123, Work(10**9, 11 * 10**8, 10**6)),
        Row("flatten", "forward", 0.0, Work()),
        Row("update dense", "kernel", 0.01, Work(nbytes=5_000_000)),
        Row("the rest", "", 0.001, None),
    ],
    whole=Row("a step", "", 0.2, Work(2 * 10**9, 12 * 10**8, 129_456_789)),
    peak=2e10,
    batch_size=128,
    steps=3,
)


def shown(width):
    console = Console(width=width, highlight=False)
    with console.capture() as text:
        console.print(PROFILE.table())
    return [line.rstrip() for line in text.get().splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table(width):
    assert [" ".join(line.split()) for line in shown(width)] == [
        "layer ms share GFLOP skipped GFLOP/s of peak MB",
        "batch_normalization_12 forward 123.46 62% 2.000 90.0% 1.6 8% 123.5",
        "+ re_lu_3 backward 12.30 6% 2.000 -10.0% 178.9 894% 1.0",
        "flatten forward 0.00 0% 0.0",
        "update dense kernel 10.00 5% 5.0",
        "the rest 1.00 0%",
        "a step 200.00 100% 4.000 40.0% 12.0 60% 129.5",
    ]
    assert max(map(len, shown(width))) <= 80


def test_as_text_and_as_data():
    assert "\x1b" not in str(PROFILE)
    assert "the rest" in str(PROFILE)
    data = json.loads(json.dumps(PROFILE.as_json()))
    assert (data["batch_size"], data["steps"], data["peak_flop_per_second"]) == (128, 3, 2e10)
    assert data["rows"][0] == {
        "name": "batch_normalization_12, re_lu_3",
        "way": "forward",
        "seconds": 0.1234567,
        "skipped": 0.9,
        "flop_per_second": pytest.approx(2e8 / 0.1234567),
        "dense_flop": 2 * 10**9,
        "bytes": 123_456_789,
    }
    assert data["rows"][4] == {
        "name": "the rest",
        "way": "",
        "seconds": 0.001,
        "skipped": None,
        "flop_per_second": None,
    }
    assert [row["name"] for row in data["rows"]][-1] == "a step"


# ---------- the peak
def test_the_rate_counts_a_multiply_and_an_add_for_each_of_n_cubed_in_the_best_try(monkeypatch):
    clock = iter([0.0, 2.0, 10.0, 10.5, 20.0, 20.25])
    monkeypatch.setattr(profiling.time, "perf_counter", lambda: next(clock))
    assert profiling.gemm_rate(1, side=100) == 2 * 100**3 / 0.5
    assert profiling.gemm_rate(1, side=100, tries=1) == 2 * 100**3 / 0.25


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_product_is_of_that_dtype(monkeypatch, dtype):
    seen = []
    real = np.matmul
    monkeypatch.setattr(
        profiling.np, "matmul", lambda a, b, out: seen.append((a.dtype, out.dtype)) or real(a, b, out=out)
    )
    profiling.gemm_rate(None, side=8, dtype=dtype)
    assert seen == [(dtype, dtype)] * 2


def test_the_peak_is_of_the_models_dtype_before_or_after(monkeypatch):
    seen, rates = [], [3.0, 2.0]
    monkeypatch.setattr(profiling, "gemm_rate", lambda *arguments: seen.append(arguments) or rates[len(seen) - 1])
    profile = network(dtype="float64", threads=1).profile(*samples(), steps=1)
    assert seen == [(1, 64, np.dtype("float64"), profiling.TRIES)] * 2
    assert profile.peak == 3.0
