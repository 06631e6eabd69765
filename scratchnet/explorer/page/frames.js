/** Tensors as the server sends them; frames.py says how. */

import { number, sizeOf } from "./arithmetic/tensor.js";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
};

/** Numbers in a shape, in row-major order. */
export class Tensor {
  /** @param {number[]} shape @param {ArrayLike<number>} data */
  constructor(shape, data) {
    this.shape = shape;
    this.data = data;
    this.strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  }

  get size() {
    return this.data.length;
  }

  /** @param {number[]} index */
  at(index) {
    return number(this, index);
  }

  /** The same numbers in another shape. @param {number[]} shape */
  reshape(shape) {
    return new Tensor(shape, this.data);
  }
}

/** @param {ArrayBuffer} buffer @returns {{header: Object, tensors: Map<string, Tensor>}} */
export function decode(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = new Map();
  for (const { name, shape, dtype, offset } of header.tensors) {
    tensors.set(name, new Tensor(shape, new ARRAYS[dtype](buffer, 8 + length + offset, sizeOf(shape))));
  }
  return { header, tensors };
}
