// @ts-check
/** What a regularizer adds to a weight's gradient: l1·sign w + 2·l2·w. */
import { element, factor, term } from "./step.js";
import { number } from "./tensor.js";

/** Whether a weight of this layer has a regularizer. */
export const penalized = (layer) =>
  Object.entries(layer.options).some(([name, regularizer]) => name.endsWith("_regularizer") && regularizer);

/** Keras names that of DepthwiseConv2D's kernel after the layer. Its factors have 32 bits, as TensorFlow casts them. */
export function penalties(layer, name, at, weights) {
  const own = layer.kind === "DepthwiseConv2D" && name === "kernel" ? "depthwise" : name;
  const regularizer = layer.options[`${own}_regularizer`];
  if (!regularizer || !weights?.[name]) return [];
  const { l1 = 0, l2 = 0 } = regularizer.config;
  const w = element(name, weights[name], at);
  const sign = factor(`sign(${w.name})`, Math.sign(number(weights[name], at)));
  const terms = [];
  if (l1) terms.push(term([factor("l1", Math.fround(l1)), sign], { penalty: true }));
  if (l2) terms.push(term([factor("2·l2", 2 * Math.fround(l2)), w], { penalty: true }));
  return terms;
}
