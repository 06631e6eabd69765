// @ts-check
/** Numbers in a tensor, and where they stand. */

/** @typedef {{shape: number[], strides: number[], data: ArrayLike<number>}} Tensor  strides in numbers, row-major */

/** The number at an index, one place an axis. @param {Tensor} tensor @param {number[]} at */
export function number({ data, strides }, at) {
  let place = 0;
  for (let axis = 0; axis < at.length; axis++) place += at[axis] * strides[axis];
  return data[place];
}

/** x[3,4,0] @param {string} name @param {number[]} at */
export const named = (name, at) => `${name}[${at.join(",")}]`;

/** How many numbers a shape has. @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** The place of an index in row-major order. @param {number[]} at @param {number[]} shape */
export const ravel = (at, shape) => at.reduce((place, i, axis) => place * shape[axis] + i, 0);

/** The index of a place in row-major order. @param {number} place @param {number[]} shape */
export function unravel(place, shape) {
  const at = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = place % shape[axis];
    place = Math.floor(place / shape[axis]);
  }
  return at;
}

/** Every index of a shape, in row-major order. @param {number[]} shape */
export const indices = (shape) => Array.from({ length: sizeOf(shape) }, (_, place) => unravel(place, shape));

/** A Python number as it meets this tensor: in the tensor's dtype. @param {Tensor} tensor @param {number} value */
export const rounded = (tensor, value) => (tensor.data instanceof Float32Array ? Math.fround(value) : value);

/** z, where the layer has an activation of its own; else its answer is its sum. */
export const sumOf = (layer, tensors) => (layer.activation === "linear" ? tensors.y : tensors.z);
export const sumName = (layer) => (layer.activation === "linear" ? "y" : "z");

/** The gradient by that sum. */
export const sumGradient = (layer, tensors) =>
  layer.activation === "linear" ? (tensors.dy ?? tensors.dz) : tensors.dz;
export const sumGradientName = (layer) => (layer.activation === "linear" ? "dy" : "dz");
