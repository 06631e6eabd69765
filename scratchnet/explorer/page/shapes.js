/** How a layer's numbers lie on the screen. */

import { sizeOf } from "./arithmetic/tensor.js";

const MIXING = new Set(["Dense", "Conv2D", "DepthwiseConv2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"]);

/** (H, W, C): maps of a layer's answer. A row of numbers that a Flatten below made of maps is shown as these: they lie in
 * the same order. Any other row is C maps of one number. @param {Object[]} layers @param {number} index */
export function mapsOf(layers, index) {
  const shape = layers[index].output_shape;
  if (shape.length === 3) return shape;
  if (shape.length === 2) return [...shape, 1];
  for (let below = index; below >= 0 && !MIXING.has(layers[below].kind); below--) {
    const { input_shape: from } = layers[below];
    if (from.length === 3 && sizeOf(from) === shape[0]) return from;
  }
  return [1, 1, shape[0]];
}

/** Whether an index is one of a shape. */
export const inside = (index, shape) =>
  index?.length === shape.length && index.every((i, axis) => i >= 0 && i < shape[axis]);

/** As text: of a map “map 17 (5, 9)”, of a row “number 17”. @param {number[]} at in maps (H, W, C) */
export function named([i, j, c], [H, W]) {
  return H * W === 1 ? `number ${c}` : `map ${c} (${i}, ${j})`;
}
