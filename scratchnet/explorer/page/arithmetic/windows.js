// @ts-check
/** Where a layer's windows lie: place (u, v) of window (i, j) is pixel (i·SH + u·DH − top, j·SW + v·DW − left). */
import { element, padding, range } from "./step.js";

/** @typedef {{size: number, stride: number, dilation: number, before: number, pixels: number, count: number}} Axis */

/**
 * Rows, then columns: a window's size, its stride and dilation, what was added before the image, and the counts.
 * @returns {[Axis, Axis]}
 */
export function windowsOf(layer) {
  const { kernel_size, pool_size, strides, dilation_rate } = layer.options;
  const [size, dilation] = [kernel_size ?? pool_size, dilation_rate ?? [1, 1]];
  const before = (layer.padding ?? [[0], [0]]).map((side) => side[0]);
  const side = (axis) => ({
    size: size[axis],
    stride: strides[axis],
    dilation: dilation[axis],
    before: before[axis],
    pixels: layer.input_shape[axis],
    count: layer.output_shape[axis],
  });
  return [side(0), side(1)];
}

/** The pixel under place u of window i, by rows or columns; it may lie outside the image. */
export const pixelOf = (axis, i, u) => i * axis.stride + u * axis.dilation - axis.before;

/** Every [i, u] with place u of window i on this pixel, by rows or columns, in the windows' order. */
export const windowsOn = (axis, pixel) =>
  range(axis.count).flatMap((i) =>
    range(axis.size)
      .filter((u) => pixelOf(axis, i, u) === pixel)
      .map((u) => [i, u]),
  );

/** Whether the image has this pixel. */
export const onImage = ([rows, columns], p, q) => p >= 0 && p < rows.pixels && q >= 0 && q < columns.pixels;

/** x at this pixel, or what stands around the image. */
export const pixelFactor = (windows, x, p, q, c, around = 0) =>
  onImage(windows, p, q) ? element("x", x, [p, q, c]) : padding(around);
