"""The page's arithmetic, in a browser, against scratchnet's own numbers: every layer, forward and backward."""

import json
import math

import numpy as np
import pytest

from scratchnet import Input, Sequential, kernels, layers, losses
from scratchnet.architectures import dropout
from scratchnet.fusion import regularized
from scratchnet.layers import Draw, Run
from tests.explorer.page.arithmetic import (
    HARNESS,
    PAGE,
    SHARED,
    all_sent,
    built,
    check,
    described,
    sent,
    some,
    traced,
)
from tests.layers.cases import CASES, Case

MORE_CASES = [
    Case("ReLU", (5, 6), {"max_value": 6.0}, (5, 6)),  # two whose slope at a kink is their own
    Case("ReLU", (5, 6), {"max_value": 2.0, "negative_slope": 0.1}, (5, 6)),
    Case("SpatialDropout2D", (2, 2, 9), {"rate": 0.5}, (2, 2, 9), random=True),
]


@pytest.fixture(scope="module")
def ask(browser, request):
    """ask(call, args, layer=…, tensors=…) → what arithmetic/index.js answers to each of args."""

    def serve(route):
        file = PAGE / route.request.url.removeprefix("http://page.test/")
        if file.is_file():
            route.fulfill(path=file, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>arithmetic</title>", content_type="text/html")

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://page.test/")
    page.evaluate(HARNESS)
    yield lambda call, args, **job: json.loads(page.evaluate("ask", json.dumps({"call": call, "args": args, **job})))
    page.close()
    say = request.config.get_terminal_writer().line
    say(f"\n{SHARED['positions']} numbers taken apart; the largest |sum − traced| / Σ|terms|:")
    for dtype, (share, where) in SHARED["worst"].items():
        say(f"  {dtype} {share:.1e}  {where}")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES + MORE_CASES, ids=str)
def test_the_terms_of_a_number_come_to_it(case, dtype, training, ask):
    if training and not (case.random or case.whole):
        return  # in training it does what it does anyway
    layer, x, dy = built(case, dtype)
    run = Run(kernels.load("plain"), training=training, draw=Draw(7, 0, np.arange(1)))
    tensors, grads = traced(layer, x, dy, run)
    rng, where = np.random.default_rng(2), f"{case} {'in training' if training else ''}"
    job = {"layer": described(layer), "tensors": all_sent(tensors), "weights": all_sent(layer.weights)}

    ats = some(layer.output_shape, rng)
    steps = ask("forward", [[at] for at in ats], **job)
    if "z" in tensors:
        check([step[0] for step in steps], ats, tensors["z"], f"{where} z")
        check(ask("gate", [[at] for at in ats], **job), ats, tensors["dz"], f"{where} dz")
    check([step[-1] for step in steps], ats, tensors["y"], f"{where} y")
    assert {len(step) for step in steps} == {2 if "z" in tensors else 1}

    ats = some(layer.input_shape, rng)
    check([step[0] for step in ask("backward", [[at] for at in ats], **job)], ats, tensors["dx"], f"{where} dx")

    job["grads"], job["weights"] = all_sent(grads), {}
    for name, grad in grads.items():
        ats = some(grad.shape, rng)
        check(ask("weightGradient", [[name, at] for at in ats], **job), ats, grad, f"{where} d{name}")


def alone(array, query, kind):
    """What /api/params sends of a weight for {unit} or {row}."""
    if "row" in query:
        return array[query["row"]] if array.ndim > 1 else array
    if "unit" not in query or not array.shape:
        return array
    if kind == "DepthwiseConv2D" and array.ndim > 1:
        return array.reshape(*array.shape[:2], -1)[..., query["unit"]]
    return array[..., query["unit"]]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in ("Conv2D", "Dense", "DepthwiseConv2D")], ids=str
)
def test_the_weights_it_asks_for_are_all_it_takes(case, ask):
    layer, x, dy = built(case, "float64")
    tensors, _ = traced(layer, x, dy, Run(kernels.load("plain")))
    job = {"layer": described(layer), "tensors": all_sent(tensors)}
    whole = {**job, "weights": all_sent(layer.weights)}
    for direction, shape in (("forward", case.output_shape), ("backward", case.input_shape)):
        for at in some(shape, np.random.default_rng(3))[:5]:
            (query,) = ask("needs", [[at, direction]], **job)
            name = "row" if (direction, case.name) == ("backward", "Dense") else "unit"
            assert query == ({} if direction == "backward" and case.name != "Dense" else {name: at[-1]})
            part = {name: alone(array, query, case.name) for name, array in layer.weights.items()}
            assert ask(direction, [[at]], **job, weights=all_sent(part)) == ask(direction, [[at]], **whole)


@pytest.mark.parametrize("training", [False, True])
def test_a_whole_network(training, ask):
    """The notebook's, from the loss to the first pixel: four numbers of each layer's.

    With the compiled kernels, which sum directly: Winograd's transforms round a number as its neighbours are large.
    """
    model, rng = dropout(kernels="compiled"), np.random.default_rng(4)
    model.compile(loss="categorical_crossentropy")
    x, label = rng.random((1, 28, 28, 1), np.float32), 3
    trace = model.trace(x, np.eye(10)[[label]], training=training)
    run = Run(kernels.load("compiled"), training=training, draw=Draw(model.seed, 0, np.arange(1)))
    for layer, one in zip(model.layers[:-1], trace.layers[:-1], strict=True):
        tensors, _ = traced(layer, one.x, one.dy, run)
        job = {"layer": described(layer), "tensors": all_sent(tensors)}
        for direction, of, end, own in (
            ("forward", "y", "z", layer.output_shape),
            ("backward", "dx", "dx", layer.input_shape),
        ):
            ats = some(own, rng)[:4]
            steps = asked(ask, direction, ats, layer, job)
            check([step[0] for step in steps], ats, tensors[end if end in tensors else of], f"{layer.name} {direction}")

    layer, one = model.layers[-1], trace.layers[-1]
    tensors = {
        "x": one.x[0],
        "z": one.z[0],
        "y": one.y[0],
        "dz": one.dz[0],
        "dx": one.dx[0],
        "loss": trace.loss[0],
    }
    job = {"layer": described(layer), "tensors": all_sent(tensors)}
    classes, places = [[k] for k in range(10)], [[k] for k in range(128)]
    forward = asked(ask, "forward", classes, layer, job)
    check([step for step, _ in forward], classes, tensors["z"], "logits")
    check([step for _, step in forward], classes, tensors["y"], "softmax")
    check([step for (step,) in asked(ask, "backward", places, layer, job)], places, tensors["dx"], "last dx")
    assert ask("gate", [[[0]]], **job) == [None]  # there is no dy: softmax and loss go back as one
    how = {"loss": "categorical_crossentropy", "label": label}
    check(ask("outputGradient", [[at, how] for at in classes], **job), classes, tensors["dz"], "p − t")
    (loss,) = ask("lossOf", [["categorical_crossentropy", label]], **job)
    check([loss], [[]], np.asarray(tensors["loss"]), "loss")
    assert -math.log(loss["p"]) == pytest.approx(float(tensors["loss"]), rel=1e-6)
    exps = forward[0][1]["exps"]
    assert [each["z"] for each in exps["classes"]] == tensors["z"].tolist()
    assert [each["shift"] for each in exps["classes"]] == (tensors["z"] - tensors["z"].max()).tolist()
    assert exps["max"] == tensors["z"].max()
    assert sum(each["exp"] for each in exps["classes"]) == pytest.approx(exps["sum"], rel=1e-14)
    assert sum(each["p"] for each in exps["classes"]) == pytest.approx(1, rel=1e-14)


def asked(ask, direction, ats, layer, job):
    """The steps of each number, by no more weights than `needs` asks for."""
    queries = ask("needs", [[at, direction] for at in ats], layer=job["layer"])
    if not any(queries):
        return ask(direction, [[at] for at in ats], **job, weights=all_sent(layer.weights))
    parts = [
        {name: alone(array, query, type(layer).__name__) for name, array in layer.weights.items()} for query in queries
    ]
    return ask(direction, [[at] for at in ats], **job, parts=[all_sent(part) for part in parts])


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy", "label smoothing"])
@pytest.mark.parametrize("last", ["activation", "layer", "from_logits"])
def test_the_loss_of_every_last_layer(loss, last, ask):
    """Softmax as an activation or as a layer, or a loss of logits: loss and first gradient, each of its terms."""
    options = {"label_smoothing": 0.1} if loss == "label smoothing" else {}
    options |= {"from_logits": True} if last == "from_logits" else {}
    name = "sparse_categorical_crossentropy" if loss.startswith("sparse") else "categorical_crossentropy"
    kind = losses.LOSSES[name]
    dense = layers.Dense(5, activation="softmax" if last == "activation" else None)
    stack = [Input((7,)), dense, *([layers.Softmax()] if last == "layer" else [])]
    model = Sequential(stack, dtype="float64")
    model.compile(loss=kind(**options))
    x, t = np.random.default_rng(5).standard_normal((1, 7)), np.array([2])
    trace = model.trace(x, t if loss.startswith("sparse") else np.eye(5)[t])
    layer, one = model.layers[-1], trace.layers[-1]
    tensors = {"x": one.x[0], "y": one.y[0], "loss": trace.loss[0], "dz": one.dz[0], "z": one.z[0]}
    if last == "from_logits":
        tensors = {"x": one.x[0], "y": one.y[0], "dy": one.dy[0], "loss": trace.loss[0]}
    serialized = losses.serialize(model.loss)
    job = {"layer": described(layer), "tensors": all_sent(tensors)}
    ats = [[k] for k in range(5)]
    assert ask("known", [[serialized]], **job) == [True]
    check(ask("lossOf", [[serialized, 2]], **job), [[]], np.asarray(trace.loss[0]), f"{loss} {last}")
    check(ask("outputGradient", [[at, {"loss": serialized, "label": 2}] for at in ats], **job), ats, one.dz[0], loss)


def test_a_loss_that_it_does_not_write_out_is_said_to_be_unknown(ask):
    layer = {"kind": "Dense", "activation": "softmax"}
    losses_ = [["mean_squared_error"], [None], ["categorical_crossentropy"]]
    assert ask("known", losses_, layer=layer) == [False, False, True]
    assert ask("known", losses_, layer={**layer, "activation": "linear"}) == [False, False, False]
    of_logits = {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}
    assert ask("known", [[of_logits]], layer={**layer, "activation": "relu"}) == [False]


def test_a_small_loss_has_the_rounding_of_its_sum(ask):
    """In float32, where the label has nearly all: log(1 + little) is off by what rounds 1 + little."""
    z = np.random.default_rng(9).normal(0, 2, (20, 10)).astype("float32")
    z[:, 4] += 12
    values = losses.CategoricalCrossentropy(from_logits=True).value(np.eye(10, dtype="float32")[[4] * 20], z)
    for row, value in zip(z, values, strict=True):
        job = {"layer": described_dense(), "tensors": all_sent({"z": row, "loss": value})}
        check(ask("lossOf", [["categorical_crossentropy", 4]], **job), [[]], np.asarray(value), "small loss")


def test_the_way_back_from_a_logit(ask):
    layer = described_dense()
    tensors = {"z": np.zeros(4), "y": np.full(4, 0.25), "dz": np.eye(4)[2]}
    steps = ask("outputGradient", [[[k], {"logit": 2}] for k in range(4)], layer=layer, tensors=all_sent(tensors))
    check(steps, [[k] for k in range(4)], tensors["dz"], "logit")
    assert [step["sum"] for step in steps] == [0, 0, 1, 0]


def described_dense(**options):
    layer = layers.Dense(4, **({"activation": "softmax"} | options))
    layer.input_shape, layer.output_shape = (24,), (4,)
    return described(layer)


def test_before_flatten_a_dense_layer_had_maps(ask):
    """Terms come map by map, each with the pixel that it is of."""
    x, w = np.arange(24.0), np.random.default_rng(6).standard_normal(24)
    tensors, weights = all_sent({"x": x, "y": np.zeros(4)}), all_sent({"kernel": w, "bias": np.zeros(())})
    job = {"layer": described_dense(activation="linear"), "tensors": tensors, "weights": weights}
    (step,) = ask("forward", [[[1]]], **job, options={"unflattened": [3, 4, 2]})[0]
    assert [(group["label"], group["rows"], group["columns"]) for group in step["groups"]] == [
        ("map 0", 3, 4),
        ("map 1", 3, 4),
    ]
    images = np.arange(24).reshape(3, 4, 2)
    for c in range(2):
        terms = step["terms"][step["groups"][c]["start"] :][:12]
        assert [term["factors"][0]["value"] for term in terms] == images[..., c].ravel().tolist()
        assert [term["from"] for term in terms] == [[p, q, c] for p in range(3) for q in range(4)]
        assert [term["factors"][1]["value"] for term in terms] == w[images[..., c].ravel()].tolist()
    assert step["sum"] == pytest.approx(x @ w)


def test_a_kernel_goes_back_turned_round(ask):
    """A pixel's terms lie as the windows do, so that the weights come in reverse."""
    layer = layers.Conv2D(1, 3)
    layer.input_shape = (5, 5, 1)
    layer.output_shape = layer.build((5, 5, 1), rng=np.random.default_rng(0), dtype=np.dtype("float64"))
    dy = np.arange(9.0).reshape(3, 3, 1)
    job = {"layer": described(layer), "tensors": all_sent({"dy": dy}), "weights": all_sent(layer.weights)}
    (middle,), (corner,) = ask("backward", [[[2, 2, 0]], [[0, 1, 0]]], **job)
    assert [term["factors"][0]["value"] for term in middle["terms"]] == list(range(9))
    assert [term["factors"][1]["value"] for term in middle["terms"]] == layer.params["kernel"].ravel()[::-1].tolist()
    assert [[factor["name"] for factor in term["factors"]] for term in corner["terms"]] == [
        ["dy[0,0,0]", "w[0,1,0,0]"],
        ["dy[0,1,0]", "w[0,0,0,0]"],
    ]
    assert (corner["groups"][0]["rows"], corner["groups"][0]["columns"]) == (1, 2)
    assert middle["traced"] is None  # no dx was handed over
    assert middle["deviation"] is None


def test_the_winner_is_the_traces_and_candidates_show_the_padding(ask):
    layer = layers.MaxPooling2D(2, padding="same")
    layer.input_shape = (3, 3, 1)
    layer.output_shape = layer.build((3, 3, 1), rng=np.random.default_rng(0), dtype=np.dtype("float64"))
    x = np.ones((1, 3, 3, 1))
    y, (winner, _) = layer.forward(x, Run(kernels.load("plain")))
    tensors = all_sent({"x": x[0], "y": y[0], "winner": winner[0], "dy": y[0]})
    (first,), (last,) = ask("forward", [[[0, 0, 0]], [[1, 1, 0]]], layer=described(layer), tensors=tensors)
    assert [each["won"] for each in first["candidates"]] == [True, False, False, False]  # a tie: the first
    assert [each.get("padding", False) for each in last["candidates"]] == [False, True, True, True]
    assert [each["value"] for each in last["candidates"]] == [1, None, None, None]  # −∞, which JSON hasn't
    tensors["winner"] = sent(np.full((2, 2, 1), 3, "uint8"))
    ((said,),) = ask("forward", [[[0, 0, 0]]], layer=described(layer), tensors=tensors)
    assert [each["won"] for each in said["candidates"]] == [False, False, False, True]
    ((lost,), (won,)) = ask("backward", [[[0, 0, 0]], [[1, 1, 0]]], layer=described(layer), tensors=tensors)
    assert [term["won"] for term in (*lost["terms"], *won["terms"])] == [False, True]


def test_gates_and_masks_are_said(ask):
    tensors = all_sent({"x": np.array([-1.0, 0, 2]), "y": np.array([0.0, 0, 2]), "dy": np.array([5.0, 6, 7])})
    tensors["z"] = tensors["x"]
    relu = {"kind": "Dense", "activation": "relu", "options": {}}
    opened = [step["gate"] for step in ask("gate", [[[k]] for k in range(3)], layer=relu, tensors=tensors)]
    assert opened == [{"z": z, "open": z > 0, "slope": int(z > 0)} for z in (-1, 0, 2)]

    dropping = {"kind": "Dropout", "activation": "linear", "options": {"rate": 0.75}}
    masked = {**tensors, "keep": sent(np.array([1, 0, 1], "uint8"))}
    masks = [steps[0]["mask"] for steps in ask("forward", [[[k]] for k in range(3)], layer=dropping, tensors=masked)]
    assert masks == [{"kept": kept, "rate": 0.75, "scale": 4 * kept} for kept in (True, False, True)]
    assert ask("forward", [[[0]]], layer=dropping, tensors=tensors)[0][0]["mask"] is None


@pytest.mark.parametrize("training", [False, True])
def test_a_batch_normalisation_goes_back_by_its_own_moments_in_training(training, ask):
    """Also where a channel that is 0 everywhere has the moving mean; the means count with the size of all they sum."""
    layer, x, dy = built(Case("BatchNormalization", (4, 3, 2), {}, (4, 3, 2)), "float64")
    x[..., 1] = layer.state["moving_mean"][1] = 0
    given, _ = traced(layer, x, dy, Run(kernels.load("plain"), training=training))
    job = {"layer": described(layer), "tensors": all_sent(given), "weights": all_sent(layer.weights)}
    ats = [[1, 2, 0], [1, 2, 1]]
    steps = [step for (step,) in ask("backward", [[at] for at in ats], **job)]
    check(steps, ats, given["dx"], f"BatchNormalization {training}")
    for c, step in enumerate(steps):
        assert len(step["terms"]) == (3 if training else 1)
        assert step["moments"]["moving"] is not training
        assert step["moments"]["mean"] == given["mean"][c]
        assert step["moments"]["deviation"] == given["deviation"][c]
    if training:
        normal = (given["x"] - given["mean"]) / given["deviation"]
        gain = abs(layer.params["gamma"] / given["deviation"])
        sizes = (gain * np.abs(dy[0]).mean((0, 1)), gain * abs(normal[1, 2]) * np.abs(dy[0] * normal).mean((0, 1)))
        for c, step in enumerate(steps):
            assert [term["scale"] for term in step["terms"][1:]] == pytest.approx([size[c] for size in sizes])


@pytest.mark.parametrize("regularizer", ["l1", "l2", {"class_name": "L1L2", "config": {"l1": 0.3, "l2": 0.2}}])
@pytest.mark.parametrize("kind", ["Dense", "DepthwiseConv2D"])
def test_a_regularizer_adds_its_terms(regularizer, kind, ask):
    shape = (6,) if kind == "Dense" else (4, 4, 2)
    which = {"Dense": {"units": 3, "kernel_regularizer": regularizer}}
    which["DepthwiseConv2D"] = {"kernel_size": 2, "depthwise_regularizer": regularizer}
    layer, x, dy = built(Case(kind, shape, which[kind], (3,) if kind == "Dense" else (3, 3, 2)), "float64")
    tensors, grads = traced(layer, x, dy, Run(kernels.load("plain")))
    grads = regularized(layer, grads)
    ats = some(grads["kernel"].shape, np.random.default_rng(7))
    job = {"layer": described(layer), "tensors": all_sent(tensors), "weights": all_sent(layer.weights)}
    steps = ask("weightGradient", [["kernel", at] for at in ats], **job, grads=all_sent(grads))
    check(steps, ats, grads["kernel"], f"{kind} {regularizer}")
    added = [term["penalty"] for term in steps[0]["terms"] if "penalty" in term]
    assert added == [True] * (1 if isinstance(regularizer, str) else 2)


FIELDS = [  # no weight is 0 and all are positive, so that an input's gradient is 0 only where it isn't seen
    [layers.Conv2D(2, 3), layers.Conv2D(2, (2, 3), strides=2)],
    [layers.Conv2D(2, 3, padding="same", strides=2), layers.AveragePooling2D((3, 2), padding="same")],
    [layers.ZeroPadding2D(((1, 0), (2, 3))), layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=(1, 2))],
    [layers.AveragePooling2D(2), layers.Flatten(), layers.Reshape((2, -1))],
    [layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)],
    [layers.Conv2D(3, 3, activation="relu"), layers.Activation("softmax")],
    [layers.DepthwiseConv2D(3), layers.Flatten(), layers.Dense(2)],
    [layers.AveragePooling2D(2), layers.Flatten(), layers.Softmax()],
    [layers.Reshape((12, 6, 2)), layers.DepthwiseConv2D(1, depth_multiplier=2)],
]


@pytest.mark.parametrize("stack", FIELDS, ids=lambda stack: "-".join(type(layer).__name__ for layer in stack))
def test_a_receptive_field_is_where_the_gradient_is(stack, ask):
    model = Sequential([Input((9, 8, 2)), *stack], dtype="float64", kernels="plain")
    rng = np.random.default_rng(8)
    for layer in model.layers:
        for array in layer.params.values():
            array[...] = rng.uniform(0.5, 1, array.shape)
    x, run = rng.uniform(0.5, 1, (1, 9, 8, 2)), Run(kernels.load("plain"))
    for index in range(len(model.layers)):
        ats = some(model.layers[index].output_shape, rng)[:20]
        boxes = ask("receptiveField", [[[described(layer) for layer in model.layers], index, at] for at in ats])
        for box, at in zip(boxes, ats, strict=True):
            assert box == seen(model.layers[: index + 1], x, at, run), (index, at)


def seen(stack, x, at, run):
    """[top, left, bottom, right] of the pixels with a gradient."""
    caches = []
    for layer in stack:
        x, cache = layer.forward(x, run)
        caches.append(cache)
    dx = np.zeros_like(x)
    dx[(0, *at)] = 1
    for layer, cache in zip(reversed(stack), reversed(caches), strict=True):
        dx, _ = layer.backward(dx, cache, run)
    rows, columns, _ = np.nonzero(dx[0])
    return [0, 0, 0, 0] if not len(rows) else [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]


def test_what_is_not_there_gives_no_steps(ask):
    x = all_sent({"x": np.ones(3), "y": np.ones(3)})
    assert ask("backward", [[[0]]], layer=described_dense(), tensors=x) == [[]]  # nothing went backward
    unknown = {"kind": "LayerOfTomorrow", "activation": "linear", "options": {}}
    assert ask("forward", [[[0]]], layer=unknown, tensors=x) == [[]]
    assert ask("backward", [[[0]]], layer=unknown, tensors={**x, "dy": x["y"]}) == [[]]
    assert ask("needs", [[[0], "forward"]], layer=unknown) == [None]
    assert ask("receptiveField", [[[described_dense()], 0, [1]]]) == [None]  # of an input that is no image
