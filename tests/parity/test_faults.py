"""Mistakes that a reimplementation makes, one by one: the comparison with a recording of Keras must fail, and first name
the tensor in which the mistake is made.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scratchnet import activations, regularizers, training
from scratchnet.activations import ACTIVATIONS, softmax
from scratchnet.fusion import Plan
from scratchnet.kernels import plain
from scratchnet.layers import (
    AveragePooling2D,
    BatchNormalization,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LeakyReLU,
    Rescaling,
    SpatialDropout2D,
    ZeroPadding2D,
    windows,
)  # fmt: skip
from scratchnet.losses import CategoricalCrossentropy, Huber, MeanAbsoluteError
from scratchnet.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop, schedules
from scratchnet.parity import replay

DATA = Path(__file__).parent / "data"


def instead(owner, name, function, *given):
    """Plants it in place of the one of that name, which it gets as its first argument (and `given` as its next)."""
    original = getattr(owner, name)

    def planted(*args, **kwargs):
        return function(original, *given, *args, **kwargs)

    return lambda patch: patch.setattr(owner, name, planted)


def activation(name, slope):
    """An activation with another slope, of dy and the cache."""
    known = ACTIVATIONS[name]
    wrong = activations.Activation(name, known.forward, lambda _, dy, cache: dy * slope(cache))
    return lambda patch: patch.setitem(ACTIVATIONS, name, wrong)


# ---------- windows
def same_above(_, length, reach, stride, padding):
    """What is odd goes above and left."""
    if padding == "valid":
        return (length - reach) // stride + 1, (0, 0)
    count = -(-length // stride)
    missing = max((count - 1) * stride + reach - length, 0)
    return count, (missing - missing // 2, missing // 2)


def multiplier_first(f, x, w, b, *rest):
    """Channel m·C + c, as if the multiplier were the slower one."""
    y = f(x, w, b, *rest)
    return y.reshape(*y.shape[:3], *w.shape[2:]).swapaxes(3, 4).reshape(y.shape)


def undilated_dw(f, x, dy, w_shape, strides, dilation):
    _, OH, OW, _ = dy.shape
    return np.einsum("nijcuv,nijf->uvcf", plain._windows(x, w_shape[:2], strides)[:, :OH, :OW], dy)


def ties_to_the_last(f, x, pool_size, strides):
    y, _ = f(x, pool_size, strides)
    windows = plain._windows(x, pool_size, strides)
    last = windows.reshape(*windows.shape[:4], -1)[..., ::-1].argmax(axis=-1)
    return y, (pool_size[0] * pool_size[1] - 1 - last).astype("uint8")


def last_window_wins(f, dy, winner, pool_size, strides, x_shape):
    """A pixel that won two windows keeps the later one's gradient alone."""
    dx = np.zeros(x_shape, dy.dtype)
    windows = plain._windows(dx, pool_size, strides)
    for u, v in np.ndindex(pool_size):
        here = winner == u * pool_size[1] + v
        windows[..., u, v][here] = dy[here]
    return dx


def gradient_of_the_mean_to_the_first(f, dy, pool_size, strides, x_shape):
    dx = np.zeros(x_shape, dy.dtype)
    plain._windows(dx, pool_size, strides)[..., 0, 0] += dy * pool_size[0] * pool_size[1]
    return dx


def all_to_the_first(f, layer, dy, cache, run, *, need_dx=True):
    x, _ = cache
    flat = x.reshape(len(x), -1, x.shape[3])
    dx = np.where(np.arange(flat.shape[1])[:, None] == flat.argmax(axis=1)[:, None], dy[:, None], 0)
    return dx.reshape(x.shape), {}


def other_sides(f, layer, x, run):
    y, cache = f(layer, x[:, ::-1, ::-1], run)
    return y[:, ::-1, ::-1], cache


WINDOWS = {
    "the window is turned": ("windows", instead(plain, "conv2d", lambda f, x, w, *o: f(x, w[::-1, ::-1], *o)), "conv2d/y"),
    "the window is transposed": (
        "dropout", instead(plain, "conv2d", lambda f, x, w, *o: f(x, w.swapaxes(0, 1), *o)), "conv2d/y"),
    "the bias is forgotten": ("windows", instead(plain, "conv2d", lambda f, x, w, b, *o: f(x, w, 0 * b, *o)), "conv2d/y"),
    "same is padded above, not below": ("windows", instead(windows, "_side", same_above), "conv2d/y"),
    "same rounds the number of windows down": (
        "windows", instead(windows, "_side", lambda f, n, reach, stride, *o: f(n - n % stride, reach, stride, *o)),
        "depthwise_conv2d"),
    "the gradient is cropped on the other side": (
        "windows", instead(plain, "crop2d", lambda f, x, sides: f(x, tuple(side[::-1] for side in sides))), "conv2d_2/dx"),
    "a pixel meets the kernel unturned on the way back": (
        "windows", instead(plain, "conv2d_dx", lambda f, dy, w, *o: f(dy, w[::-1, ::-1], *o)), "conv2d_2/dx"),
    "the kernel's gradient is turned": (
        "windows", instead(plain, "conv2d_dw", lambda f, *o: f(*o)[::-1].copy()), "conv2d_2/dkernel"),
    "the kernel's gradient knows no dilation": ("windows", instead(plain, "conv2d_dw", undilated_dw), "conv2d_1/dkernel"),
    "a bias's gradient is of one position": (
        "windows", instead(plain, "bias_db", lambda f, dy: f(dy.reshape(len(dy), -1, dy.shape[-1])[:, 0])),
        "depthwise_conv2d/dbias"),
    "a bias's gradient is a mean": ("adadelta", instead(plain, "bias_db", lambda f, dy: f(dy) / len(dy)), "dense_1/dbias"),
    "depthwise: the window is turned": (
        "windows", instead(plain, "depthwise_conv2d", lambda f, x, w, *o: f(x, w[::-1, ::-1], *o)), "depthwise_conv2d/y"),
    "depthwise: the multiplier first": (
        "windows", instead(plain, "depthwise_conv2d", multiplier_first), "depthwise_conv2d/y"),
    "depthwise: the kernel's gradient is of one image": (
        "windows", instead(plain, "depthwise_conv2d_dw", lambda f, x, dy, *o: f(x[:1], dy[:1], *o)),
        "depthwise_conv2d/dkernel"),
    "zeros on the other sides": ("windows", instead(ZeroPadding2D, "forward", other_sides), "zero_padding2d/y"),
    "a mean counts the zeros around": (
        "windows", instead(AveragePooling2D, "_pixels", lambda f, layer, x: 0 * f(layer, x) + 4.0), "average_pooling2d/y"),
    "a mean's gradient goes to one pixel": (
        "windows", instead(plain, "sum_pool2d_dx", gradient_of_the_mean_to_the_first), "average_pooling2d/dx"),
    "max pooling pads with zeros": (
        "windows", instead(plain, "pad2d", lambda f, x, padding, value=0: f(x, padding)), "max_pooling2d/y"),
    "overlapping windows overwrite each other": (
        "windows", instead(plain, "max_pool2d_dx", last_window_wins), "max_pooling2d/dx"),
    "equals in a window: the last wins": ("ties", instead(plain, "max_pool2d", ties_to_the_last), "max_pooling2d/dx"),
    "equals in an image: the first wins": ("ties", instead(GlobalMaxPooling2D, "backward", all_to_the_first),
                                           "global_max_pooling2d/dx"),
    "a channel's mean hands on the whole gradient": (
        "normalized", instead(GlobalAveragePooling2D, "backward",
                              lambda f, *o, **k: (f(*o, **k)[0] * 12, {})), "global_average_pooling2d/dx"),
    "flattened channels first": (
        "dropout",
        lambda patch: patch.setattr(
            Flatten, "forward", lambda _, x, run: (x.transpose(0, 3, 1, 2).reshape(len(x), -1), x.shape)),
        "flatten/y"),
}  # fmt: skip


# ---------- layers and activations
def unbiased(f, layer, x, run):
    y, (normal, deviation, moments) = f(layer, x, run)
    M = x.size // x.shape[-1]
    return (
        (y, (normal, deviation, (moments[0], moments[1] * M / (M - 1)))) if moments else (y, (normal, deviation, None))
    )


def unbiased_moments(f, layer, x, run):
    """The batch's own variance, too."""
    M = x.size // x.shape[-1]
    if not run.training:
        return f(layer, x, run)
    _, (normal, deviation, moments) = f(layer, x, run)
    shrink = np.sqrt((M - 1) / M)
    beta, gamma = layer.params["beta"], layer.params.get("gamma", 1)
    return normal * shrink * gamma + beta, (normal * shrink, deviation / shrink, moments)


def eps_outside(f, layer, x, run):
    """√σ² + ε"""
    _, (normal, deviation, moments) = f(layer, x, run)
    variance = moments[1] if moments else layer.state["moving_variance"]
    wrong = np.sqrt(variance) + layer.epsilon
    normal = normal * deviation / wrong
    return normal * layer.params.get("gamma", 1) + layer.params["beta"], (normal, wrong, moments)


def without_the_second_term(f, layer, dy, cache, run, *, need_dx=True):
    _, deviation, _ = cache
    _, grads = f(layer, dy, cache, run)
    M = dy.size // dy.shape[-1]
    return (dy - dy.sum(axis=(0, 1, 2)) / M) * layer.params.get("gamma", 1) / deviation, grads


def batch_statistics_in_use(f, layer, x, run):
    return f(layer, x, replace(run, training=True))


def a_mask_a_pixel(f, layer, x, run):
    if not run.training:
        return x, None
    keep = plain.dropout_keep(run.draw.keys(layer.place), x[0].size, layer.rate).reshape(x.shape)
    factor = keep / (1 - layer.rate)
    return x * factor, factor


def scaled_in_use(f, layer, x, run):
    return f(layer, x, run) if run.training else (x * (1 - layer.rate), None)


def gelu_by_tanh(_, z):
    return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))), z


GELU = activations.Activation("gelu", gelu_by_tanh, ACTIVATIONS["gelu"].backward)
SOFTMAX = activations.Activation("softmax", ACTIVATIONS["softmax"].forward, lambda _, dy, y: dy * y * (1 - y))

LAYERS = {
    "dense forgets the bias": ("adadelta", instead(plain, "dense", lambda f, x, w, b: x @ w), "dense/y"),
    "dense hands back through the wrong weights": (
        "adadelta", instead(plain, "dense_dx", lambda f, dy, w: f(dy, w[::-1])), "dense_1/dx"),
    "ReLU is open at 0": ("adadelta", instead(plain, "relu_dz", lambda f, dy, y: np.where(y >= 0, dy, 0)), "dense/dkernel"),
    "dropout forgets the scale": (
        "normalized", instead(plain, "dropout", lambda f, x, keep, rate: f(x, keep, 0.0)), "dropout/y"),
    "dropout keeps what it should drop": (
        "normalized", instead(plain, "dropout", lambda f, x, keep, rate: f(x, ~keep, rate)), "dropout/y"),
    "dropout scales in use": ("normalized", instead(Dropout, "forward", scaled_in_use), "predict"),
    "whole channels drop pixel by pixel": (
        "normalized", instead(SpatialDropout2D, "forward", a_mask_a_pixel), "spatial_dropout2d/y"),
    "rescaling forgets the offset": (
        "normalized", instead(Rescaling, "forward", lambda f, layer, x, run: (x * layer.scale, None)), "rescaling/y"),
    "tanh's slope is 1 − y": ("windows", activation("tanh", lambda y: 1 - y), "depthwise_conv2d/dkernel"),
    "elu's slope is 1": ("windows", activation("elu", lambda y: 1), "conv2d_2/dkernel"),
    "sigmoid's slope is y": ("adagrad", activation("sigmoid", lambda y: y), "dense/dkernel"),
    "softmax's slope is its diagonal": ("adamw", lambda patch: patch.setitem(ACTIVATIONS, "softmax", SOFTMAX),
                                        "dense/dkernel"),
    "silu's slope is sigmoid": ("normalized", activation("silu", activations.sigmoid), "dense/dx"),
    "gelu by tanh": ("normalized", lambda patch: patch.setitem(ACTIVATIONS, "gelu", GELU), "activation/y"),
    "a leak only forward": (
        "normalized",
        instead(LeakyReLU, "backward", lambda f, layer, dy, x, run, *, need_dx=True: (np.where(x > 0, dy, 0), {})),
        "leaky_re_lu/dx"),
    "normalization: ε outside the root": (
        "normalized", instead(BatchNormalization, "forward", eps_outside), "batch_normalization/y"),
    "normalization: the variance over M − 1": (
        "normalized", instead(BatchNormalization, "forward", unbiased_moments), "batch_normalization/y"),
    "normalization: the moving variance over M − 1": (
        "normalized", instead(BatchNormalization, "forward", unbiased), "batch_normalization/moving_variance"),
    "normalization: momentum for the new": (
        "normalized",
        instead(BatchNormalization, "new_state",
                lambda f, layer, cache: {k: layer.state[k] + v - f(layer, cache)[k] for (k, _), v in
                                         zip(layer.state.items(), cache[2], strict=True)}),
        "batch_normalization/moving_mean"),
    "normalization: backward forgets that x is in the variance": (
        "normalized", instead(BatchNormalization, "backward", without_the_second_term), "batch_normalization_1/dx"),
    "normalization: the batch's statistics in use": (
        "normalized", instead(BatchNormalization, "forward", batch_statistics_in_use), "predict"),
}  # fmt: skip


# ---------- the loss, and what is added to it
def over_the_full_batch(f, task, optimizer, batch, draw):
    weight = np.ones(len(batch.x)) if batch.weight is None else batch.weight
    return f(task, optimizer, batch._replace(weight=weight * len(batch.x) / task.batch_size), draw)


LOSSES = {
    "the gradient is of the sum": ("dropout", instead(Plan, "loss_gradient", lambda f, p, t, z, w: f(p, t, z, w) * len(t)),
                                   "dense_1/dz"),
    "the last, partial batch: a mean over the full size": (
        "adadelta", instead(training, "train_step", over_the_full_batch), "dense/kernel/accumulated_grad"),
    "samples' weights are ignored": ("windows", instead(Plan, "loss_gradient", lambda f, p, t, z, w: f(p, t, z, None)),
                                     "dense/dz"),
    "samples' weights are divided by their mean": (
        "windows", instead(Plan, "loss_gradient", lambda f, p, t, z, w: f(p, t, z, w / w.mean())), "dense/dz"),
    "labels aren't smoothed": ("windows", instead(CategoricalCrossentropy, "_smooth", lambda f, loss, t: t), "loss"),
    "labels are smoothed over the others": (
        "windows", instead(CategoricalCrossentropy, "_smooth", lambda f, loss, t: np.where(t == 1, 0.9, 0.05)), "loss"),
    "softmax goes back a second time": (
        "dropout", instead(CategoricalCrossentropy, "gradient",
                           lambda f, loss, t, z: activations.ACTIVATIONS["softmax"].backward(plain, f(loss, t, z), softmax(z))),
        "dense_1/dz"),
    "the absolute error's gradient is of the sum": (
        "adamw", instead(MeanAbsoluteError, "gradient", lambda f, loss, t, y: np.sign(y - t)), "dense_1/dy"),
    "Huber's slope has no end": ("adagrad", instead(Huber, "gradient", lambda f, loss, t, y: (y - t) / 3), "dense_1/dy"),
    "L2's gradient is w": (
        "normalized", instead(regularizers.L1L2, "gradient", lambda f, r, w: 0.01 * np.sign(w) + 0.02 * w), "conv2d/dkernel"),
    "penalties aren't in the loss": ("normalized", instead(Plan, "penalty", lambda f, p: 0.0), "loss of step 1"),
    "what isn't trained is penalised": (
        "normalized",
        instead(Plan, "penalty", lambda f, p: sum(r.penalty(s.params[n]) for s in p.steps for n, r in s.regularizers.items())),
        "loss of step 1"),
}  # fmt: skip


# ---------- optimizers
def adadelta(f, w, g, a, d, learning_rate, rho, epsilon, *, outside=False, after=False):
    old = a.copy()
    a[...] = rho * a + (1 - rho) * g**2
    under = old if after else a
    over = np.sqrt(d) + epsilon if outside else np.sqrt(d + epsilon)
    delta = g * over / (np.sqrt(under) + epsilon if outside else np.sqrt(under + epsilon))
    d[...] = rho * d + (1 - rho) * delta**2
    w -= learning_rate * delta


def no_correction(f, o, w, g, slots, rate, kernels):
    """Adam's means as they are."""
    t = o.iterations + 1
    f(o, w, g, slots, rate * (1 - o.beta_1**t) / np.sqrt(1 - o.beta_2**t), kernels)


def amsgrad_forgets(f, o, w, g, slots, rate, kernels):
    slots[2][...] = 0
    f(o, w, g, slots, rate, kernels)


def plain_momentum(f, o, w, g, slots, rate, kernels):
    slots[0][...] = o.momentum * slots[0] - rate * g
    w += slots[0]


def damped(f, o, w, g, slots, rate, kernels):
    f(o, w, g * (1 - o.momentum), slots, rate, kernels)


def root_before_eps(f, o, w, g, slots, rate, kernels):
    """RMSprop: √v + ε"""
    v, m, a = slots
    v[...] = o.rho * v + (1 - o.rho) * g * g
    a[...] = o.rho * a + (1 - o.rho) * g
    m[...] = o.momentum * m + rate * g / (np.sqrt(v - a * a) + o.epsilon)
    w -= m


def mean_not_squared(f, o, w, g, slots, rate, kernels):
    """RMSprop: v − a"""
    v, m, a = slots
    v[...] = o.rho * v + (1 - o.rho) * g * g
    a[...] = o.rho * a + (1 - o.rho) * g
    m[...] = o.momentum * m + rate * g / np.sqrt(np.abs(v - a) + o.epsilon)
    w -= m


def decay_in_the_gradient(f, o, w, g, slots, rate, kernels):
    decayed = w / (1 - o.weight_decay * rate)
    w[...] = decayed
    f(o, w, g + o.weight_decay * decayed, slots, rate, kernels)


def decay_afterwards(f, o, w, g, slots, rate, kernels):
    w /= 1 - o.weight_decay * rate
    f(o, w, g, slots, rate, kernels)
    w -= w * o.weight_decay * rate


def decay_without_the_rate(f, o, w, g, slots, rate, kernels):
    w *= (1 - o.weight_decay) / (1 - o.weight_decay * rate)
    f(o, w, g, slots, rate, kernels)


def clipped(how):
    return instead(Optimizer, "_clipped", lambda f, o, grads: how(grads))


def norm(g):
    return np.sqrt((g * g).sum())


def update(kind, function):
    return instead(kind, "update", function)


def later(f, schedule, step):
    return f(schedule, step + 1)


OPTIMIZERS = {
    "uphill": ("adadelta", instead(plain, "adadelta", lambda f, w, *o: (f(v := w.copy(), *o), w.__iadd__(w - v))),
               "dense/kernel"),
    "Adadelta: ε outside the root": ("adadelta", instead(plain, "adadelta", partial(adadelta, outside=True)),
                                     "dense/kernel/accumulated_delta_var"),
    "Adadelta: the mean before its update": ("adadelta", instead(plain, "adadelta", partial(adadelta, after=True)),
                                             "dense/kernel/accumulated_delta_var"),
    "Adadelta: 1 − ρ forgotten": (
        "adadelta", instead(plain, "adadelta", lambda f, w, g, a, *o: (f(w, g, a, *o), a.__iadd__(0.95 * g * g))),
        "dense/kernel/accumulated_grad"),
    "exponential decay by stairs": (
        "adadelta", instead(schedules.ExponentialDecay, "__call__", lambda f, s, step: f(s, step // 2 * 2)), "dense/kernel"),
    "SGD: Nesterov's step isn't": ("windows", update(SGD, plain_momentum), "conv2d/kernel"),
    "SGD: momentum is damped": ("windows", update(SGD, damped), "conv2d/kernel/momentum"),
    "Adagrad starts at 0": ("adagrad", instead(Adagrad, "first_slot", lambda f, o, w: 0 * w), "dense/kernel/accumulator"),
    "Adagrad: ε outside the root": (
        "adagrad",
        update(Adagrad, lambda f, o, w, g, s, rate, k: (s[0].__iadd__(g * g), w.__isub__(rate * g / (np.sqrt(s[0]) + 1e-7)))),
        "dense/kernel"),
    "clipped by the largest, not each": ("adagrad", clipped(lambda grads: {
        k: g * 0.05 / max(np.abs(g).max(), 0.05) for k, g in grads.items()}), "dense_1/kernel/accumulator"),
    "RMSprop: ε outside the root": ("ties", update(RMSprop, root_before_eps), "dense/kernel/momentum"),
    "RMSprop: the mean isn't squared": ("ties", update(RMSprop, mean_not_squared), "dense/kernel/momentum"),
    "clipped by each norm, not the global one": ("ties", clipped(lambda grads: {
        k: g * 0.2 / max(norm(g), 0.2) for k, g in grads.items()}), "dense/kernel/velocity"),
    "clipped by the global norm, not each": ("normalized", clipped(lambda grads: {
        k: g * 0.1 / max(norm(np.concatenate([g.ravel() for g in grads.values()])), 0.1) for k, g in grads.items()}),
        "conv2d/kernel/momentum"),
    "Adam: no correction of the start": ("normalized", update(Adam, no_correction), "conv2d/kernel"),
    "Adam: the largest is forgotten": ("normalized", update(Adam, amsgrad_forgets), "conv2d/kernel/velocity_hat"),
    "cosine decay a step early": ("normalized", instead(schedules.CosineDecay, "__call__", later), "conv2d/kernel"),
    "AdamW: decay in the gradient": ("adamw", update(AdamW, decay_in_the_gradient), "dense/kernel/momentum"),
    "AdamW: decay after the step": ("adamw", update(AdamW, decay_afterwards), "dense/kernel"),
    "AdamW: decay without the learning rate": ("adamw", update(AdamW, decay_without_the_rate), "dense/kernel"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("recording", "plant", "named"),
    [pytest.param(*case, id=name) for name, case in (WINDOWS | LAYERS | LOSSES | OPTIMIZERS).items()],
)
def test_a_fault_is_named(monkeypatch, recording, plant, named):
    plant(monkeypatch)
    report = replay(DATA / f"{recording}.npz", kernels="plain")
    assert report.left_out == 0
    assert report.failures[0].name == named
    assert f"first {named}" in report.verdict


def test_there_are_many():
    assert len(WINDOWS | LAYERS | LOSSES | OPTIMIZERS) >= 60
