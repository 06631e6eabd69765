// @ts-check
/**
 * The arithmetic of one number, for every layer, forward and backward: the very terms that it is the sum of.
 *
 * layer: an entry of /api/model's "layers";
 * at: the number's index, in the layer's answer forward, in its input backward;
 * tensors: {x, z, y, dy, dz, dx, winner, keep, mean, deviation, loss}, without those that aren't there;
 * weights: what `needs` asks /api/params for, or whole. Sums are in double precision, of exactly the numbers shown.
 */
import { activate, activationGradient } from "./activation.js";
import * as batchNormalization from "./batch_normalization.js";
import * as conv2d from "./conv2d.js";
import * as dense from "./dense.js";
import * as depthwiseConv2d from "./depthwise_conv2d.js";
import { Dropout } from "./dropout.js";
import { AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D } from "./pooling.js";
import { penalties } from "./penalty.js";
import { LeakyReLU, ReLU } from "./relu.js";
import { Rescaling } from "./rescaling.js";
import { Reshape, ZeroPadding2D } from "./reshape.js";
import { softmax, softmaxGradient } from "./softmax.js";
import { step, traced } from "./step.js";

export { known, lossOf, outputGradient } from "./loss.js";
export { penalized } from "./penalty.js";
export { receptiveField } from "./receptive_field.js";
/** @typedef {import("./step.js").Step} Step */

/** Activation and Softmax: all they do is what other layers do after their sum, to x. */
const Activation = {
  forward: (layer, at, tensors) => activated(layer, at, { ...tensors, z: tensors.x }, "x"),
  backward: (layer, at, tensors) =>
    tensors.dy ? activatedBack(layer, at, { ...tensors, z: tensors.x, dz: tensors.dx }, "x") : null,
};

const KINDS = {
  Activation,
  AveragePooling2D,
  BatchNormalization: batchNormalization,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout,
  Flatten: Reshape,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  LeakyReLU,
  MaxPooling2D,
  ReLU,
  Rescaling,
  Reshape,
  Softmax: Activation,
  SpatialDropout2D: Dropout,
  ZeroPadding2D,
};

const activated = (layer, at, tensors, name) =>
  layer.activation === "softmax" ? softmax(at, tensors) : activate(layer.activation, at, tensors, name);

const activatedBack = (layer, at, tensors, name) =>
  layer.activation === "softmax"
    ? softmaxGradient(at, tensors)
    : activationGradient(layer.activation, at, tensors, name);

/** Whether a layer's answer is an activation of a sum of its own. */
const hasSum = (layer) => layer.activation !== "linear" && KINDS[layer.kind] !== Activation;

/** What to ask /api/params for, before forward or backward: {unit}, {row}, {} for all, null for nothing. */
export const needs = (layer, at, direction) => KINDS[layer.kind]?.needs?.(layer, at, direction) ?? null;

/**
 * How y[at] came to be: the sum, then the activation.
 * options.unflattened: the shape (H, W, C) before Flatten, for Dense. @returns {Step[]}
 */
export function forward(layer, at, tensors, weights = null, options = {}) {
  const sum = KINDS[layer.kind]?.forward(layer, at, tensors, weights, options);
  if (!sum) return [];
  return hasSum(layer) ? [sum, activated(layer, at, tensors, "z")] : [sum];
}

/**
 * How dx[at] came to be, of dz, which `gate` explains; none where nothing went backward, or where a layer of softmax
 * goes back with the loss (`outputGradient`). @returns {Step[]}
 */
export function backward(layer, at, tensors, weights = null) {
  if (!tensors.dy && !tensors.dz) return [];
  const sum = KINDS[layer.kind]?.backward(layer, at, tensors, weights);
  return sum ? [sum] : [];
}

/**
 * How dz[at] came of dy, at an index of the layer's answer; null for a layer without an activation of its own, and
 * where it goes back with the loss (`outputGradient`). @returns {Step | null}
 */
export const gate = (layer, at, tensors) =>
  hasSum(layer) && tensors.dy ? activatedBack(layer, at, tensors, "z") : null;

/**
 * The gradient of one weight, summed over all positions, and what a regularizer adds (for which it takes the weights).
 * name: "kernel", "bias", "gamma", "beta";  at: its index;  gradient: that of /api/grads, to check against.
 * @returns {Step}
 */
export function weightGradient(layer, name, at, tensors, gradient = null, weights = null) {
  const { formula, terms } = KINDS[layer.kind].weightGradient[name](layer, at, tensors);
  const added = penalties(layer, name, at, weights);
  return step({
    title: `The gradient of ${name}[${at.join(",")}]`,
    formula,
    terms: [...terms, ...added],
    traced: traced(gradient, at),
  });
}
