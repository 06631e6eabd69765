/** Numbers as colours: zero has one colour, the same everywhere; what isn't a number is hatched. */

import { GRADIENTS, VALUES } from "./tables.js";
import { dark } from "./theme.js";

const OPAQUE = 0xff000000;
const HATCH = [0xff00d7ff, OPAQUE]; // yellow and black, in turns

/** 256 colours as canvas pixels: little-endian RGBA. @param {string} table */
const pixels = (table) => Uint32Array.from({ length: 256 }, (_, i) => pixel(table.slice(6 * i, 6 * i + 6)));

function pixel(text) {
  const [r, g, b] = [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16));
  return (OPAQUE | (b << 16) | (g << 8) | r) >>> 0;
}

const grey = Uint32Array.from({ length: 256 }, (_, i) => (OPAQUE | (i << 16) | (i << 8) | i) >>> 0);

const PAIRS = {
  values: { light: pixels(VALUES.light), dark: pixels(VALUES.dark) },
  gradients: { light: pixels(GRADIENTS.light), dark: pixels(GRADIENTS.dark) },
  grey: { light: grey, dark: grey },
};

/** The table in use. @param {'values'|'gradients'|'grey'} kind */
export const lut = (kind) => PAIRS[kind][dark.matches ? "dark" : "light"];

/** A colour of the table as CSS. @param {Uint32Array} table @param {number} place */
export function css(table, place) {
  const colour = table[place];
  return `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
}

/** max |v|, of what is a number. @param {ArrayLike<number>} data @param {number} from @param {number} to @param {number} step */
export function largest(data, from = 0, to = data.length, step = 1) {
  let most = 0;
  for (let i = from; i < to; i += step) {
    const size = Math.abs(data[i]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** Colour one number of each pixel of a map. @param {Uint32Array} target, a row of `width` pixels after the other
 * @param {{data: ArrayLike<number>, rows: number, columns: number, first: number, step: number}} map
 * @param {{left: number, top: number, width: number}} at */
export function paint(target, map, at, table, limit, kind) {
  const { data, rows, columns, first, step } = map;
  const scale = limit > 0 ? (kind === "grey" ? 255 : 127.5) / limit : 0;
  const zero = kind === "grey" ? 0 : 127.5;
  let from = first;
  for (let i = 0; i < rows; i++) {
    let to = (at.top + i) * at.width + at.left;
    for (let j = 0; j < columns; j++, from += step, to++) {
      const value = data[from];
      if (value - value !== 0)
        target[to] = HATCH[(i + j) & 1]; // NaN or infinite
      else {
        const place = zero + scale * value + 0.5;
        target[to] = table[place < 0 ? 0 : place > 255 ? 255 : place | 0];
      }
    }
  }
}
