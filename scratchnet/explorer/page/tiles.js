/** Groups of terms as pictures side by side, each above its name and sum. All are on one canvas: a canvas each takes a
 * browser longer to show than everything else of a number. */

import { lut, paint } from "./colours.js";
import { make } from "./dom.js";
import { signed } from "./numbers.js";
import { themed } from "./theme.js";

const [SIDE, LARGEST] = [48, 16]; // px: of a picture, and of a term in it
const [WORDS, NARROWEST] = [46, 98]; // px: the height of what stands below, and the width of both

/** @param {import('./arithmetic/step.js').Group[]} groups of the terms, of one size
 * @param {import('./arithmetic/step.js').Term[]} terms @param {number} room px, side by side @param {number} limit of the colours
 * @param {'values'|'gradients'} kind */
export function tiles(groups, terms, room, limit, kind) {
  const [{ rows, columns }] = groups;
  const zoom = Math.max(1, Math.min(LARGEST, Math.floor(SIDE / Math.max(rows, columns))));
  const width = Math.max(columns + 1, Math.ceil(NARROWEST / zoom)); // from one to the next, in terms
  const height = rows + Math.ceil(WORDS / zoom);
  const across = Math.max(1, Math.min(groups.length, Math.floor(room / (zoom * width))));
  const size = { width: across * width, height: Math.ceil(groups.length / across) * height };
  const canvas = make("canvas", { ...size, className: "pixels", "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const image = context.createImageData(size.width, size.height);
  const target = new Uint32Array(image.data.buffer);
  themed(canvas, () => {
    groups.forEach(({ start }, k) => {
      const at = { left: (k % across) * width, top: Math.floor(k / across) * height, width: size.width };
      const data = terms.slice(start, start + rows * columns).map(({ value }) => value);
      paint(target, { data, rows, columns, first: 0, step: 1 }, at, lut(kind), limit, kind);
    });
    context.putImageData(image, 0, 0);
  });
  canvas.style.width = `${zoom * size.width}px`;
  const words = groups.map(({ label, sum }) => {
    const tile = make("p", { className: "tile" }, label, make("b", {}, signed(sum)));
    tile.style.paddingTop = `${zoom * rows}px`;
    return tile;
  });
  const element = make("div", { className: "tiles" }, canvas, ...words);
  element.style.gridTemplateColumns = `repeat(${across}, ${zoom * width}px)`;
  element.style.gridAutoRows = `${zoom * height}px`;
  return element;
}
