/** A pad to draw on, white on black. */

import { make } from "./dom.js";

export class Pad {
  side = 200; // pixels, of the drawing as it is sent

  /** @param {number} channels @param {(drawing: boolean) => void} changed */
  constructor(channels, changed) {
    this.channels = channels;
    this.changed = changed;
    this.strokes = []; // each {width, colour, points: [[x, y], …]}
    this.canvas = make("canvas", {
      width: this.side,
      height: this.side,
      className: "pad",
      role: "img",
      "aria-label": "Pad to draw on with a pointer. By keyboard, choose “Pixel by pixel”.",
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.width = make("input", { type: "range", min: 4, max: 40, value: 16 });
    this.colour = make("input", { type: "color", value: "#ffffff" });
    this.hint = make("p", { className: "hint" }, "Draw here");
    this.element = make(
      "div",
      { className: "drawing" },
      make("div", { className: "framed" }, this.canvas, this.hint),
      make(
        "div",
        { className: "row" },
        make("button", { type: "button", onclick: () => this.undo() }, "Undo"),
        make("button", { type: "button", onclick: () => this.clear() }, "Clear"),
        make("label", { className: "field" }, "Brush ", this.width),
        channels === 3 && make("label", { className: "field" }, "Colour ", this.colour),
      ),
    );
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => this.end());
    this.draw();
  }

  get blank() {
    return !this.strokes.length;
  }

  begin(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = {
      width: Number(this.width.value),
      colour: this.channels === 3 ? this.colour.value : "#ffffff",
      points: [this.where(event)],
    };
    this.strokes.push(this.stroke);
    this.redraw(true);
  }

  go(event) {
    if (!this.stroke) return;
    this.stroke.points.push(this.where(event));
    this.redraw(true);
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.redraw(false);
  }

  undo() {
    this.strokes.pop();
    this.redraw(false);
  }

  clear() {
    this.strokes = [];
    this.redraw(false);
  }

  where(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.side, ((event.clientY - box.top) / box.height) * this.side];
  }

  redraw(drawing) {
    this.draw();
    this.changed(drawing);
  }

  draw() {
    const { context, side } = this;
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    context.lineCap = context.lineJoin = "round";
    for (const { width, colour, points } of this.strokes) {
      context.lineWidth = width;
      context.strokeStyle = context.fillStyle = colour;
      context.beginPath();
      context.arc(...points[0], width / 2, 0, 2 * Math.PI); // a line without length may have no ends
      context.fill();
      context.beginPath();
      for (const point of points) context.lineTo(...point);
      context.stroke();
    }
    this.hint.hidden = !this.blank;
  }

  /** One byte a pixel and channel. */
  bytes() {
    const { data } = this.context.getImageData(0, 0, this.side, this.side);
    const bytes = new Uint8Array(this.side * this.side * this.channels);
    for (let k = 0; k < this.side * this.side; k++) {
      for (let c = 0; c < this.channels; c++) bytes[k * this.channels + c] = data[4 * k + c];
    }
    return bytes;
  }
}
