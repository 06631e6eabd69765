/** All maps of a layer on one canvas, a pixel a number, and a cursor on one of them. */

import { lut, paint } from "./colours.js";
import { make } from "./dom.js";
import { themed } from "./theme.js";

export class Atlas {
  /** @param {number[]} maps (H, W, C) @param {string} label @param {{widest?: number, tallest?: number, largest?: number}} room */
  constructor([H, W, C], label, { widest = 600, tallest = 320, largest = 24 } = {}) {
    this.maps = [H, W, C];
    this.gap = H * W > 1 ? 1 : 0;
    this.columns = columns(H + this.gap, W + this.gap, C, widest / tallest);
    this.width = this.columns * (W + this.gap) - this.gap;
    this.height = Math.ceil(C / this.columns) * (H + this.gap) - this.gap;
    const room = Math.min(largest, widest / this.width, tallest / this.height);
    const zoom = Math.max(1, Math.floor(2 * room) / 2);
    this.canvas = make("canvas", { width: this.width, height: this.height, className: "pixels" });
    this.mark = make("div", { className: "mark", hidden: true });
    this.spot = make("div", { className: "spot", hidden: true });
    this.element = make(
      "div",
      { className: "atlas", tabIndex: 0, role: "application", "aria-label": label },
      this.canvas,
      this.mark,
      this.spot,
    );
    this.element.style.width = `min(100%, ${zoom * this.width}px)`;
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(this.width, this.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** @param {ArrayLike<number>} data in row-major order of (H, W, C) @param {(c: number) => number} limit of each map
   * @param {'values'|'gradients'|'grey'} kind */
  draw(data, limit, kind) {
    const [H, W, C] = this.maps;
    themed(this.canvas, () => {
      const table = lut(kind);
      this.pixels.fill(0);
      for (let c = 0; c < C; c++) {
        const { left, top } = this.corner(c);
        const map = { data, rows: H, columns: W, first: c, step: C };
        paint(this.pixels, map, { left, top, width: this.width }, table, limit(c), kind);
      }
      this.context.putImageData(this.image, 0, 0);
    });
  }

  corner(c) {
    const [H, W] = this.maps;
    const row = Math.floor(c / this.columns);
    return { left: (c - row * this.columns) * (W + this.gap), top: row * (H + this.gap) };
  }

  /** Put the cursor on a number, or away. @param {number[]|null} at */
  point(at) {
    this.mark.hidden = this.spot.hidden = !at;
    if (!at) return;
    const [H, W] = this.maps;
    const { left, top } = this.corner(at[2]);
    this.frame(this.mark, left, top, W, H);
    this.frame(this.spot, left + at[1], top + at[0], 1, 1);
    this.mark.hidden = H * W === 1;
  }

  frame(element, left, top, width, height) {
    element.style.left = `${(100 * left) / this.width}%`;
    element.style.top = `${(100 * top) / this.height}%`;
    element.style.width = `${(100 * width) / this.width}%`;
    element.style.height = `${(100 * height) / this.height}%`;
  }

  /** The number under the pointer, or null. @param {PointerEvent|MouseEvent} event */
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const [H, W, C] = this.maps;
    const x = Math.floor(((event.clientX - box.left) / box.width) * this.width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * this.height);
    const column = Math.floor(x / (W + this.gap));
    const row = Math.floor(y / (H + this.gap));
    const c = row * this.columns + column;
    const [i, j] = [y - row * (H + this.gap), x - column * (W + this.gap)];
    return i >= 0 && j >= 0 && i < H && j < W && c >= 0 && c < C && column < this.columns ? [i, j, c] : null;
  }

  /** Where a key leads from a number; undefined for a key that leads nowhere. */
  moved([i, j, c], key) {
    const [H, W, C] = this.maps;
    const row = H * W === 1; // numbers in a row: arrows go from one to the next, as they stand here
    const steps = {
      ArrowLeft: row ? [0, 0, -1] : [0, -1, 0],
      ArrowRight: row ? [0, 0, 1] : [0, 1, 0],
      ArrowUp: row ? [0, 0, -this.columns] : [-1, 0, 0],
      ArrowDown: row ? [0, 0, this.columns] : [1, 0, 0],
      "[": [0, 0, -1],
      "]": [0, 0, 1],
    };
    if (!(key in steps)) return undefined;
    const to = [i, j, c].map((from, axis) => from + steps[key][axis]);
    return to.every((at, axis) => at >= 0 && at < [H, W, C][axis]) ? to : [i, j, c];
  }
}

/** Maps that are only looked at: a picture, without a cursor. @param {{data, limit, kind}} numbers, as `draw` takes them */
export function picture(maps, label, room, { data, limit, kind }) {
  const atlas = new Atlas(maps, label, room);
  atlas.element.tabIndex = -1;
  atlas.element.setAttribute("role", "img");
  atlas.draw(data, () => limit, kind);
  return atlas.element;
}

/** How many maps in a row make a picture of about this proportion; all rows full, where that can be. */
function columns(height, width, count, proportion) {
  if (height * width === 1 && count <= 16) return count;
  const best = Math.min(count, Math.max(1, Math.round(Math.sqrt((count * proportion * height) / width))));
  const full = Array.from({ length: count }, (_, k) => k + 1).filter(
    (c) => count % c === 0 && c > 0.65 * best && c < 1.5 * best,
  );
  return (
    full.reduce((nearest, c) => (nearest && Math.abs(nearest - best) <= Math.abs(c - best) ? nearest : c), 0) || best
  );
}
