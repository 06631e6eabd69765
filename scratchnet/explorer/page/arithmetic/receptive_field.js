// @ts-check
/** What of the input a number can depend on: along each axis the places that it sees. */
import { range } from "./step.js";
import { ravel, unravel } from "./tensor.js";
import { pixelOf, windowsOf } from "./windows.js";

const whole = (shape) => shape.map(range);

/** By rows or columns: the pixels of the image that these windows have a place on. */
function under(axis, windows) {
  const pixels = new Set(windows.flatMap((i) => range(axis.size).map((u) => pixelOf(axis, i, u))));
  return range(axis.pixels).filter((pixel) => pixels.has(pixel));
}

const windowed = (channels) => (layer, seen) => {
  const [rows, columns] = windowsOf(layer);
  return [under(rows, seen[0]), under(columns, seen[1]), channels(layer, seen[2])];
};
const allChannels = (layer) => range(layer.input_shape[2]);
const sameChannels = (layer, channels) => channels;
const ownChannels = (layer, filters) => [
  ...new Set(filters.map((f) => Math.floor(f / layer.options.depth_multiplier))),
];

const lastWhole = (shape, seen) => [...seen.slice(0, -1), range(shape[shape.length - 1])];
const channel = (layer, seen) => [...whole(layer.input_shape.slice(0, 2)), seen[seen.length - 1]];

/** One number is one number in another shape; of more, all that there are. */
function reshaped(layer, seen) {
  if (seen.some((places) => places.length > 1)) return whole(layer.input_shape);
  const place = ravel(seen.flat(), layer.output_shape);
  return unravel(place, layer.input_shape).map((i) => [i]);
}

/** Out of a padded image, into the image. */
const cropped = (layer, [rows, columns, channels]) => {
  const inside = (places, axis) =>
    places.map((i) => i - layer.padding[axis][0]).filter((i) => i >= 0 && i < layer.input_shape[axis]);
  return [inside(rows, 0), inside(columns, 1), channels];
};

/** From what is seen of a layer's answer to that of its input; the other kinds take each number alone. */
const KINDS = {
  Conv2D: windowed(allChannels),
  DepthwiseConv2D: windowed(ownChannels),
  MaxPooling2D: windowed(sameChannels),
  AveragePooling2D: windowed(sameChannels),
  GlobalAveragePooling2D: channel,
  GlobalMaxPooling2D: channel,
  Dense: (layer, seen) => lastWhole(layer.input_shape, seen),
  Flatten: reshaped,
  Reshape: reshaped,
  ZeroPadding2D: cropped,
};

/**
 * The box [top, left, bottom, right] of the input image that a number of layer `index` sees, without row `bottom` and
 * column `right`; an empty one where it sees only padding. (A batch normalisation in training sees the whole image
 * besides, by its moments.) Null where the input has no rows and columns.
 */
export function receptiveField(layers, index, at) {
  let seen = at.map((i) => [i]);
  for (const layer of layers.slice(0, index + 1).reverse()) {
    if (layer.activation === "softmax") seen = lastWhole(layer.output_shape, seen);
    seen = KINDS[layer.kind]?.(layer, seen) ?? seen;
    if (seen.some((places) => !places.length)) return [0, 0, 0, 0];
  }
  const [rows, columns] = seen;
  if (!columns) return null;
  return [rows[0], columns[0], rows[rows.length - 1] + 1, columns[columns.length - 1] + 1];
}
