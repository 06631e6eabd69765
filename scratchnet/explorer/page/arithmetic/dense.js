// @ts-check
/** Dense: z[…,f] = b[f] + Σ_k x[…,k]·w[k,f] */
import { biasGradient, biasOf } from "./conv2d.js";
import { element, indexed, range, step, term, tiles, traced } from "./step.js";
import { indices, number, ravel, sumGradient, sumGradientName, sumName, sumOf } from "./tensor.js";

/** Forward a unit's column of the kernel, backward an input's row: the whole may be large. */
export const needs = (layer, at, direction) => ({ [direction === "forward" ? "unit" : "row"]: at[at.length - 1] });

/** w[k,f], out of the whole kernel, or of its column f or row k. */
function weight(kernel, k, f, alone) {
  const value = number(kernel, kernel.shape.length === 2 ? [k, f] : [alone]);
  return indexed("w", [k, f], value);
}

/** unflattened: the shape (H, W, C) that Flatten made one row of: then the terms come map by map. */
export function forward(layer, at, tensors, weights, { unflattened = undefined } = {}) {
  const [rest, f] = [at.slice(0, -1), at[at.length - 1]];
  const K = layer.input_shape[layer.input_shape.length - 1];
  const one = (k, more) => term([element("x", tensors.x, [...rest, k]), weight(weights.kernel, k, f, k)], more);
  const [H, W, C] = unflattened ?? [1, K, 1];
  const maps = range(C);
  const terms = maps.flatMap((c) =>
    indices([H, W]).map(([p, q]) => one(ravel([p, q, c], [H, W, C]), unflattened && { from: [p, q, c] })),
  );
  return step({
    title: `Unit ${f}`,
    formula: `${sumName(layer)}[f] = b[f] + Σ_k x[k]·w[k,f]`,
    terms,
    constant: biasOf(weights.bias, f),
    groups: tiles(
      terms,
      maps.map((c) => (unflattened ? `map ${c}` : "inputs")),
      H,
      W,
    ),
    traced: traced(sumOf(layer, tensors), at),
  });
}

export function backward(layer, at, tensors, weights) {
  const [rest, k] = [at.slice(0, -1), at[at.length - 1]];
  const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
  const F = layer.output_shape[layer.output_shape.length - 1];
  const terms = range(F).map((f) => term([element(name, dz, [...rest, f]), weight(weights.kernel, k, f, f)]));
  return step({
    title: `What all units send back to input ${k}`,
    formula: `dx[k] = Σ_f ${name}[f]·w[k,f]`,
    terms,
    groups: tiles(terms, ["units"], 1, F),
    traced: traced(tensors.dx, at),
  });
}

export const weightGradient = {
  kernel(layer, [k, f], tensors) {
    const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
    const terms = indices(dz.shape.slice(0, -1)).map((position) =>
      term([element("x", tensors.x, [...position, k]), element(name, dz, [...position, f])]),
    );
    return { formula: `dw[k,f] = x[k]·${name}[f]${dz.shape.length > 1 ? ", summed over all positions" : ""}`, terms };
  },
  bias: biasGradient,
};
