/** An image set pixel by pixel, by keyboard: arrows move, Space paints and rubs out, 0 to 9 choose how bright. */

import { Atlas } from "./atlas.js";
import { make, say } from "./dom.js";

export class PixelEditor {
  /** @param {number[]} shape (H, W, C) @param {() => void} changed */
  constructor([H, W, C], changed) {
    this.shape = [H, W, C];
    this.pixels = new Uint8Array(H * W * C);
    this.changed = changed;
    this.at = [Math.floor(H / 2), Math.floor(W / 2), 0];
    this.atlas = new Atlas(
      [H, W, 1],
      "Image, pixel by pixel. Arrows move, Space paints or rubs out, 0 to 9 set how bright.",
      { widest: 224, tallest: 224, largest: 8 },
    );
    this.cursor = make("p", { className: "cursor" });
    this.element = make(
      "div",
      { className: "editor" },
      this.atlas.element,
      this.cursor,
      make("p", { className: "note" }, "Arrows move · Space paints or rubs out · 0–9 how bright"),
      make("div", { className: "row" }, make("button", { type: "button", onclick: () => this.take(null) }, "Clear")),
    );
    this.atlas.element.addEventListener("keydown", (event) => this.key(event));
    this.atlas.element.addEventListener("click", (event) => {
      const at = this.atlas.under(event);
      if (at) this.go(at);
      if (at) this.set(this.value() ? 0 : 255);
    });
    this.draw();
  }

  /** Begin with this image, or with none. @param {import('./frames.js').Tensor|null} tensor */
  take(tensor) {
    const white = tensor && Math.max(...tensor.data) > 1 ? 1 : 255;
    this.pixels = tensor
      ? Uint8Array.from(tensor.data, (value) => Math.round(white * value))
      : this.pixels.map(() => 0);
    this.draw();
    this.changed();
  }

  bytes() {
    return this.pixels;
  }

  value() {
    const [, W, C] = this.shape;
    return this.pixels[(this.at[0] * W + this.at[1]) * C];
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = event.key.startsWith("Arrow") ? this.atlas.moved(this.at, event.key) : undefined;
    if (to) this.go(to);
    else if (event.key === " ") this.set(this.value() ? 0 : 255);
    else if (/^\d$/.test(event.key)) this.set(Math.round((255 * Number(event.key)) / 9));
    else return;
    event.preventDefault();
  }

  go(at) {
    this.at = at;
    this.tell();
  }

  set(byte) {
    const [, W, C] = this.shape;
    const first = (this.at[0] * W + this.at[1]) * C;
    this.pixels.fill(byte, first, first + C);
    this.draw();
    this.tell();
    this.changed();
  }

  tell() {
    this.atlas.point(this.at);
    this.cursor.textContent = `row ${this.at[0]}, column ${this.at[1]}: ${this.value()} of 255`;
    say(this.cursor.textContent);
  }

  draw() {
    const [H, W, C] = this.shape;
    const first = Uint8Array.from({ length: H * W }, (_, k) => this.pixels[k * C]);
    this.atlas.draw(first, () => 255, "grey");
    this.atlas.point(this.at);
  }
}
