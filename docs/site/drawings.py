"""The layers' pictures, docs/images/layers/*.svg: `python docs/site/drawings.py` makes them anew.

Each shows the example of the layer's page, computed by the layer itself.
"""

from pathlib import Path

import numpy as np
from svg import Arrow, Curve, Grid, Text, picture

from scratchnet import Input, Sequential, layers
from scratchnet.kernels import plain

FOLDER = Path(__file__).parents[1] / "images" / "layers"


def passed(layer, x, dy=None, *, kernel=None, training=False):
    """One pass, forward and backward → y, dx and the gradients; dy is all ones unless told."""
    x = np.asarray(x, float)
    Sequential([Input(x.shape[1:]), layer], dtype="float64")  # which builds it
    if kernel is not None:
        layer.params["kernel"][...] = np.reshape(kernel, layer.params["kernel"].shape)
    run = layers.Run(plain, training=training, draw=layers.Draw(seed=0, step=0, samples=np.arange(len(x))))
    y, cache = layer.forward(x, run)
    dy = np.ones_like(y) if dy is None else np.reshape(np.asarray(dy, float), y.shape)
    dx, grads = layer.backward(dy, cache, run)
    return y, dx, grads


def image(values):
    """(1, H, W, 1)"""
    return np.asarray(values, float)[None, :, :, None]


def flat(x):
    """The only channel of the only image."""
    return x[0, :, :, 0]


def conv2d():
    x, w, dy = image(np.arange(9).reshape(3, 3)), np.array([[0, 1], [2, 0]]), image([[1, 0], [0, 0]])
    y, dx, grads = passed(layers.Conv2D(1, 2), x, dy, kernel=w)
    first = "aa. aa. ..."
    return picture(
        "Conv2D: the filter w laid on each window of x gives y; dy through w gives dx, through x gives dw",
        ("forward", Grid("x", flat(x), "(1, 3, 3, 1)", first), Text("·"), Grid("w", w, "(2, 2, 1, 1)", "bb bb"),
         Arrow("sum of\nproducts"), Grid("y", flat(y), "(1, 2, 2, 1)", "a. ..")),
        ("dx", Grid("dx", flat(dx), "(1, 3, 3, 1)", "bb. bb. ..."), Arrow("laid where the\nwindow was", back=True),
         Grid("w", w, "", "bb bb"), Text("·"), Grid("dy", flat(dy), "(1, 2, 2, 1)", "a. ..")),
        ("dw", Grid("dw", grads["kernel"][:, :, 0, 0], "(2, 2, 1, 1)", "aa aa"), Arrow("sum of\nwindows", back=True),
         Grid("x", flat(x), "", first), Text("·"), Grid("dy", flat(dy), "", "a. ..")),
        foot="In the notebook's network: (N, 28, 28, 1) · (3, 3, 1, 32) → (N, 26, 26, 32)",
    )  # fmt: skip


def dense():
    x, w = np.array([[1.0, 10, 100]]), np.array([[1, -1], [2, -2], [3, -3]])
    layer = layers.Dense(2, "relu")
    y, dx, grads = passed(layer, x, kernel=w)
    dz = np.array([[1, 0]])
    return picture(
        "Dense: x times w, then ReLU, gives y; dz times w transposed gives dx, x transposed times dz gives dw",
        ("forward", Grid("x", x, "(1, 3)", "aaa"), Text("·"), Grid("w", w, "(3, 2)", "b. b. b."), Arrow("sum,\nReLU"),
         Grid("y", y, "(1, 2)", "a.")),
        ("dx", Grid("dx", dx, "(1, 3)", "bbb"), Arrow("dz · wᵀ", back=True), Grid("wᵀ", w.T, "(2, 3)", "bbb ..."),
         Text("·"), Grid("dz", dz, "(1, 2)", "a.")),
        ("dw", Grid("dw", grads["kernel"], "(3, 2)", "a. a. a."), Arrow("xᵀ · dz", back=True),
         Grid("xᵀ", x.T, "(3, 1)", "a a a"), Text("·"), Grid("dz", dz, "(1, 2)", "a.")),
        foot="In the notebook's network: (N, 9216) · (9216, 128) → (N, 128)",
    )  # fmt: skip


def depthwise_conv2d():
    x, w = np.array([1.0, 10]).reshape(1, 1, 1, 2), np.array([[1, 2], [3, 4]])
    y, dx, grads = passed(layers.DepthwiseConv2D(1, depth_multiplier=2), x, kernel=w)
    return picture(
        "DepthwiseConv2D: each channel of x meets its own filters alone",
        ("forward", Grid("x", x[0, 0], "(1, 1, 1, 2)", "ab"), Text("·"), Grid("w", w, "(1, 1, 2, 2)", "aa bb"),
         Arrow("each channel\nits filters"), Grid("y", y[0, 0], "(1, 1, 1, 4)", "aabb")),
        ("dx", Grid("dx", dx[0, 0], "(1, 1, 1, 2)", "ab"), Arrow("sum over\nits filters", back=True),
         Grid("w", w, "", "aa bb"), Text("·"), Grid("dy", np.ones((1, 4)), "(1, 1, 1, 4)", "aabb")),
        ("dw", Grid("dw", grads["kernel"][0, 0], "(1, 1, 2, 2)", "aa bb"), Arrow("its pixels\ntimes dy", back=True),
         Grid("x", x[0, 0], "", "ab"), Text("·"), Grid("dy", np.ones((1, 4)), "", "aabb")),
    )  # fmt: skip


def max_pooling2d():
    x = image([[1, 2, 0], [3, 9, 4], [5, 0, 6]])
    y, dx, _ = passed(layers.MaxPooling2D(2, strides=1), x)
    return picture(
        "MaxPooling2D: the largest number of each window; its gradient goes back to the winner",
        ("forward", Grid("x", flat(x), "(1, 3, 3, 1)", "aa. ab. ..."), Arrow("largest of\neach 2 × 2"),
         Grid("y", flat(y), "(1, 2, 2, 1)", "bb bb")),
        ("backward", Grid("dx", flat(dx), "(1, 3, 3, 1)", "... .b. ..."), Arrow("to the\nwinners", back=True),
         Grid("dy", np.ones((2, 2)), "(1, 2, 2, 1)", "bb bb")),
        foot="In the notebook's network: (N, 24, 24, 64) → (N, 12, 12, 64)",
    )  # fmt: skip


def average_pooling2d():
    x = image(np.arange(9).reshape(3, 3))
    y, dx, _ = passed(layers.AveragePooling2D(2, padding="same"), x)
    windows, means = "aab aab ccd", "ab cd"
    return picture(
        "AveragePooling2D: the mean of each window; its gradient goes back in equal parts",
        ("forward", Grid("x", flat(x), "(1, 3, 3, 1)", windows), Arrow("mean of the\nwindow's pixels"),
         Grid("y", flat(y), "(1, 2, 2, 1)", means)),
        ("backward", Grid("dx", flat(dx), "(1, 3, 3, 1)", windows), Arrow("in equal\nparts", back=True),
         Grid("dy", np.ones((2, 2)), "(1, 2, 2, 1)", means)),
    )  # fmt: skip


def global_average_pooling2d():
    x = image([[1, 2], [3, 6]])
    y, dx, _ = passed(layers.GlobalAveragePooling2D(), x)
    return picture(
        "GlobalAveragePooling2D: the mean of the image; its gradient goes back in equal parts",
        ("forward", Grid("x", flat(x), "(1, 2, 2, 1)", "aa aa"), Arrow("mean"), Grid("y", y, "(1, 1)", "a")),
        ("backward", Grid("dx", flat(dx), "(1, 2, 2, 1)", "aa aa"), Arrow("in equal\nparts", back=True),
         Grid("dy", [[1]], "(1, 1)", "a")),
    )  # fmt: skip


def global_max_pooling2d():
    x = image([[1, 7], [7, 2]])
    y, dx, _ = passed(layers.GlobalMaxPooling2D(), x)
    return picture(
        "GlobalMaxPooling2D: the largest number of the image; all that hold it share the gradient",
        ("forward", Grid("x", flat(x), "(1, 2, 2, 1)", ".b b."), Arrow("largest"), Grid("y", y, "(1, 1)", "b")),
        ("backward", Grid("dx", flat(dx), "(1, 2, 2, 1)", ".b b."), Arrow("shared by\nall winners", back=True),
         Grid("dy", [[1]], "(1, 1)", "b")),
    )  # fmt: skip


def batch_normalization():
    x, dy = np.array([[1.0], [1], [3], [3]]), np.array([[1.0], [0], [0], [0]])
    y, dx, grads = passed(layers.BatchNormalization(momentum=0.5, epsilon=0), x, dy, training=True)
    return picture(
        "BatchNormalization: the channel's mean taken away, and divided by its spread",
        ("forward", Grid("x", x, "(4, 1)", "a a b b"), Arrow("less the mean, 2,\nover √variance, 1"),
         Grid("x̂", y, "(4, 1)", "a a b b"), Arrow("· γ, 1\n+ β, 0"), Grid("y", y, "(4, 1)", "a a b b")),
        ("backward", Grid("dx", dx, "(4, 1)", "a a . ."), Arrow("less its mean, and\nx̂ · mean(dy · x̂)", back=True),
         Grid("dy", dy, "(4, 1)", "a . . ."), Arrow("Σ dy · x̂\nΣ dy"), Grid("dγ", grads["gamma"], "(1,)"),
         Grid("dβ", grads["beta"], "(1,)")),
    )  # fmt: skip


def dropout():
    layer, x = layers.Dropout(0.5), np.ones((1, 8))
    y, dx, _ = passed(layer, x, training=True)
    marks = "".join("a" if kept else "x" for kept in y[0])
    rows = (
        ("x", Grid("", x, "(1, 8)")),
        ("keep", Grid("", y / 2, "", marks), Text("/ (1 − 0.5)")),
        ("y", Grid("", y, "(1, 8)", marks)),
        ("dx", Grid("", dx, "", marks), Arrow("· keep / (1 − 0.5)", back=True), Text("dy: ones")),
    )
    return picture(
        "Dropout: x times the mask over 1 − rate gives y; dy times the same gives dx",
        *rows,
        foot="In the notebook's network: (N, 12, 12, 64), a quarter dropped",
    )


def spatial_dropout2d():
    layer, x = layers.SpatialDropout2D(0.5), np.ones((1, 2, 2, 8))
    y, _, _ = passed(layer, x, training=True)
    kept = y[0, 0, 0] > 0

    def channels(name, tensor):
        marks = ["aa aa" if keep else "xx xx" for keep in kept]
        return name, *(Grid(f"{name}[…,{c}]", tensor[0, :, :, c], "", marks[c], cell=24) for c in range(8))

    return picture(
        "SpatialDropout2D: whole channels of x are kept, and doubled, or dropped",
        channels("x", x),
        ("keep", *(Grid("", [[keep]], "", "a" if keep else "x", cell=48) for keep in kept)),
        channels("y", y),
        foot="y = x · keep / (1 − 0.5); back, dx = dy · keep / (1 − 0.5)",
    )


def flatten():
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    y, dx, _ = passed(layers.Flatten(), x, np.arange(8))

    def channels(name, tensor):
        return [Grid(f"{name}[…,{c}]", tensor[0, :, :, c], "", f"{mark * 2} {mark * 2}") for c, mark in enumerate("ab")]

    return picture(
        "Flatten: the numbers of an image as one row, channels running fastest",
        ("forward", *channels("x", x), Arrow("in order"), Grid("y", y, "(1, 8)", "abababab")),
        ("backward", *channels("dx", dx), Arrow("as they came", back=True), Grid("dy", y, "(1, 8)", "abababab")),
        foot="x (1, 2, 2, 2). In the notebook's network: (N, 12, 12, 64) → (N, 9216)",
    )


def reshape():
    x = np.arange(6.0).reshape(1, 2, 3)
    y, dx, _ = passed(layers.Reshape((3, -1)), x, np.arange(6))
    return picture(
        "Reshape: the same numbers, in their order, in another shape",
        ("forward", Grid("x", x[0], "(1, 2, 3)", "aaa bbb"), Arrow("in order"), Grid("y", y[0], "(1, 3, 2)", "aa ab bb")),
        ("backward", Grid("dx", dx[0], "(1, 2, 3)", "aaa bbb"), Arrow("in order", back=True),
         Grid("dy", y[0], "(1, 3, 2)", "aa ab bb")),
    )  # fmt: skip


def zero_padding2d():
    x = image([[1, 2], [3, 4]])
    y, dx, _ = passed(layers.ZeroPadding2D(((1, 0), (0, 2))), x, [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]])
    marks = "xxxx aaxx aaxx"
    return picture(
        "ZeroPadding2D: zeros around an image; what they are told is cut off",
        ("forward", Grid("x", flat(x), "(1, 2, 2, 1)", "aa aa"), Arrow("1 above,\n2 to the right"),
         Grid("y", flat(y), "(1, 3, 4, 1)", marks)),
        ("backward", Grid("dx", flat(dx), "(1, 2, 2, 1)", "aa aa"), Arrow("cut off", back=True),
         Grid("dy", flat(y), "(1, 3, 4, 1)", marks)),
    )  # fmt: skip


def windows():
    seen = np.arange(25).reshape(5, 5)
    shown = np.pad(seen, ((0, 1), (0, 1)))
    return picture(
        "Windows: of two, moved by two, over five rows and columns",
        ("valid", Grid("x", seen, "(1, 5, 5, 1)", "aabb. aabb. ccdd. ccdd. ....."), Arrow("OH = OW = 2"),
         Grid("windows", [[0, 1], [2, 3]], "(1, 2, 2, 1)", "ab cd")),
        ("same", Grid("x, padded", shown, "(1, 6, 6, 1)", "aabbax aabbax ccddcx ccddcx aabbax xxxxxx"), Arrow("OH = OW = 3"),
         Grid("windows", np.arange(9).reshape(3, 3), "(1, 3, 3, 1)", "aba cdc aba")),
    )  # fmt: skip


def elementwise(title, layer, x, dy=None, marks="", words="", back="", curve=""):
    """Rows of numbers, and the function itself."""
    y, dx, _ = passed(layer, np.asarray([x], float), dy)
    shape = f"(1, {len(x)})"
    dy = np.ones((1, len(x))) if dy is None else np.asarray([dy], float)

    def function(inputs):
        return passed(layer, inputs[None])[0][0]

    return picture(
        title,
        ("forward", Grid("x", x, shape, marks), Arrow(words), *([Curve(curve, function), Arrow("")] if curve else []),
         Grid("y", y, shape, marks)),
        ("backward", Grid("dx", dx, shape, marks), Arrow(back, back=True), Grid("dy", dy, shape, marks)),
    )  # fmt: skip


def activation():
    x, rows = np.array([[-1.0, 0, 2]]), []
    for name in ("relu", "leaky_relu", "tanh"):
        layer = layers.Activation(name)
        y, dx, _ = passed(layer, x)

        def function(inputs, layer=layer):
            return passed(layer, inputs[None])[0][0]

        grids = Grid("x", x, "(1, 3)"), Arrow(""), Curve(name, function), Arrow(""), Grid("y", y, "(1, 3)", "aaa")
        rows.append(("", *grids, Grid("dx", dx, "(1, 3)", "bbb")))
    title = "Activation: a function of each number; its slope there is what dy is multiplied by"
    return picture(title, *rows, foot="dx: the slope at x, for a dy of ones")


def leaky_relu():
    title = "LeakyReLU: what is negative times the slope; so is its gradient"
    return elementwise(title, layers.LeakyReLU(0.5), [-2, 0, 3], None, "aab", "", "· slope", "slope 0.5")


def relu():
    title = "ReLU: a slope below the threshold, itself between, the limit above"
    layer = layers.ReLU(max_value=4, negative_slope=0.5, threshold=1)
    return elementwise(title, layer, [-1, 1, 2, 9], None, "axbc", "", "· slope:\n0.5, 0, 1, 0", "threshold 1")


def rescaling():
    title = "Rescaling: each number times the scale, plus the offset; back, times the scale"
    return elementwise(title, layers.Rescaling(0.5, -1), [0, 2, 4], None, "aaa", "· 0.5 − 1", "· 0.5")


def softmax():
    title = "Softmax: the exponentials of a row over their sum"
    dy, x = [8, 0, 0], np.log([1, 2, 5])
    return elementwise(title, layers.Softmax(), x, dy, "abc", "exp: 1, 2, 5\nover 8", "y · (dy − Σ dy · y)")


DRAWINGS = [
    activation, average_pooling2d, batch_normalization, conv2d, dense, depthwise_conv2d, dropout, flatten,
    global_average_pooling2d, global_max_pooling2d, leaky_relu, max_pooling2d, relu, rescaling, reshape, softmax,
    spatial_dropout2d, windows, zero_padding2d,
]  # fmt: skip

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for drawing in DRAWINGS:
        (FOLDER / f"{drawing.__name__}.svg").write_text(drawing())
