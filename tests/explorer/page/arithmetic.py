"""Layers and their numbers, as the server would send them, to the page's arithmetic; and the check of what it makes of them."""

import base64
import math
from pathlib import Path

import numpy as np
import pytest

from scratchnet import layers
from scratchnet.activations import ACTIVATIONS

PAGE = Path(__file__).parents[3] / "scratchnet" / "explorer" / "page"
POSITIONS = 50
TOLERANCE = {"float32": 2e-6, "float64": 1e-12}  # of Σ |terms|: what the dtype rounds
SHARED = {"worst": {}, "positions": 0}

# Jobs and answers go as text, and arrays as their bytes, which is far quicker than object by object.
HARNESS = """
async () => {
  const arithmetic = await import("/arithmetic/index.js");
  const kinds = {float32: Float32Array, float64: Float64Array, uint8: Uint8Array};
  const tensor = ({shape, dtype, bytes}) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    return {shape, strides, data: new kinds[dtype](Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).buffer)};
  };
  const tensors = (all) => Object.fromEntries(Object.entries(all ?? {}).map(([name, one]) => [name, tensor(one)]));
  window.ask = (text) => {
    const {call, args, layer, options, ...job} = JSON.parse(text);
    const [given, grads] = [tensors(job.tensors), tensors(job.grads)];
    let weights = tensors(job.weights);
    const one = {
      forward: (at) => arithmetic.forward(layer, at, given, weights, options),
      backward: (at) => arithmetic.backward(layer, at, given, weights),
      gate: (at) => arithmetic.gate(layer, at, given),
      needs: (at, direction) => arithmetic.needs(layer, at, direction),
      weightGradient: (name, at) => arithmetic.weightGradient(layer, name, at, given, grads[name], weights),
      known: (loss) => arithmetic.known(layer, loss),
      lossOf: (loss, label) => arithmetic.lossOf(layer, given, loss, label),
      outputGradient: (at, how) => arithmetic.outputGradient(layer, at, given, how),
      receptiveField: (all, index, at) => arithmetic.receptiveField(all, index, at),
    }[call];
    const steps = args.map((each, i) => {
      if (job.parts) weights = tensors(job.parts[i]);
      return one(...each);
    });
    return JSON.stringify(steps, (_, value) => (value?.tensor ? { ...value, name: value.name } : value)); // names are getters
  };
}
"""


def sent(array):
    array = np.asarray(array)
    return {"shape": array.shape, "dtype": str(array.dtype), "bytes": base64.b64encode(array.tobytes()).decode()}


def all_sent(arrays):
    return {name: sent(array) for name, array in arrays.items() if array is not None}


def described(layer):
    """The layer as /api/model describes it."""
    windows = getattr(layer, "windows", None)
    padding = windows.padding if windows else layer.padding if isinstance(layer, layers.ZeroPadding2D) else None
    return {
        "name": layer.name,
        "kind": type(layer).__name__,
        "options": layer.get_config(),
        "activation": layer.activation,
        "input_shape": list(layer.input_shape),
        "output_shape": list(layer.output_shape),
        "padding": padding,
    }


def traced(layer, x, dy, run):
    """What /api/trace would send of this layer for one image, and the gradients of its weights."""
    own_sum = layer.activation != "linear" and not isinstance(layer, layers.Activation | layers.Softmax)
    y, cache = layer.forward(x, run)
    dx, grads = layer.backward(dy, cache, run)
    tensors = {"x": x[0], "y": y[0], "dy": dy[0], "dx": dx[0]}
    if own_sum:
        activation = ACTIVATIONS[layer.activation]
        z, _ = layer.linear().forward(x, run)
        tensors |= {"z": z[0], "dz": activation.backward(run.kernels, dy, activation.forward(run.kernels, z)[1])[0]}
    if isinstance(layer, layers.MaxPooling2D):
        tensors["winner"] = cache[0][0]
    if isinstance(layer, layers.Dropout | layers.SpatialDropout2D) and cache is not None:
        keep = layer.mask(run.draw, run.kernels)[0]
        tensors["keep"] = keep.reshape(y.shape[1:] if keep.size == y[0].size else -1).astype("uint8")
    if isinstance(layer, layers.BatchNormalization):
        tensors["deviation"] = cache[1]
        tensors["mean"] = layer.state["moving_mean"] if cache[2] is None else cache[2][0]
    return tensors, grads


def built(case, dtype):
    """The case's layer with weights that are nowhere zero, one image for it, with ties, and a gradient of its answer."""
    layer, rng = case.make(), np.random.default_rng(1)
    layer.place, layer.input_shape = 3, case.input_shape
    layer.output_shape = layer.build(case.input_shape, rng=rng, dtype=np.dtype(dtype))
    for array in layer.params.values():
        array[...] = rng.standard_normal(array.shape)
    for array in layer.state.values():
        array[...] = rng.uniform(0.5, 2, array.shape)
    x = np.maximum(rng.standard_normal((1, *case.input_shape)), -0.5).astype(dtype)
    x.flat[:: max(x.size // 3, 1)] = layer.get_config().get("threshold", 0)  # at one kink
    x.flat[1:3] = x.flat[-2:] = layer.get_config().get("max_value") or 3  # several largest, at the other
    return layer, x, rng.standard_normal((1, *case.output_shape)).astype(dtype)


def some(shape, rng):
    """POSITIONS indices drawn from this shape."""
    return [[int(rng.integers(size)) for size in shape] for _ in range(POSITIONS)]


def check(steps, ats, array, where):
    """Each step ends in the array's own number, which its terms come to."""
    for step, at in zip(steps, ats, strict=True):
        assert step["traced"] == array[tuple(at)], where
        total = sum(term["value"] for term in step["terms"]) + (step["constant"] or {"value": 0})["value"]
        assert step["sum"] == pytest.approx(total, rel=1e-12, abs=1e-12 * step["scale"]), where
        assert step["deviation"] == step["sum"] - step["traced"]
        tolerance = TOLERANCE[str(array.dtype)] * step["scale"]
        assert abs(step["deviation"]) <= tolerance, f"{where} at {at}: {step}"
        for group in step["groups"]:
            tile = step["terms"][group["start"] : group["start"] + group["count"]]
            assert len(tile) == group["rows"] * group["columns"]
            assert group["sum"] == pytest.approx(sum(term["value"] for term in tile), abs=1e-12 * step["scale"])
        for term in step["terms"]:
            product = math.prod(factor["value"] for factor in term["factors"])
            assert math.isclose(term["value"], product, rel_tol=1e-14)
        SHARED["positions"] += 1
        share = abs(step["deviation"]) / step["scale"] if step["scale"] else 0.0
        SHARED["worst"][str(array.dtype)] = max(SHARED["worst"].get(str(array.dtype), (0.0, "")), (share, where))
