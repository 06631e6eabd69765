/** Where the image comes from: a test image, one's own drawing, or pixels set one by one. */

import { lut, largest, paint } from "./colours.js";
import { choice, fill, make, select, tick } from "./dom.js";
import { legend } from "./legend.js";
import { Pad } from "./pad.js";
import { Picker } from "./picker.js";
import { PixelEditor } from "./pixels.js";
import { choose, state } from "./state.js";
import { themed } from "./theme.js";

/** @param {HTMLElement} section @param {Object} model @param {(drawing: boolean) => void} changed called when the image is
 * another: drawing, while the pen is down */
export function inputView(section, model, changed) {
  const [H, W, C] = model.input_shape;
  const seen = make("canvas", { width: W, height: H, className: "pixels seen", role: "img" });
  const field = make("div", { className: "field-of-view", hidden: true });
  const caption = make("figcaption");
  const under = make("div");
  const pad = new Pad(C, changed);
  const picker = new Picker(model, (index) => choose({ test: index, label: null }));
  const editor = new PixelEditor(model.input_shape, () => changed(false));
  const ways = [
    ...(model.tests ? [["test", "Test image"]] : []),
    ...(model.reference ? [["reference", "Of the recording"]] : []),
    ["pad", "Draw"],
    ["pixels", "Pixel by pixel"],
  ];
  const switches = make("div");
  const way = make("div", { className: "way" });
  fill(
    section.querySelector(".body"),
    switches,
    make(
      "div",
      { className: "input-body" },
      way,
      make("figure", { className: "sees" }, make("div", { className: "framed" }, seen, field), caption, under),
    ),
  );
  let trace = null;
  let shown = null;
  themed(seen, draw);

  function draw() {
    const backward = state.view === "gradients";
    const tensor = backward ? trace?.dx(0) : trace?.input;
    caption.textContent = backward ? "The gradient by what the network sees" : "What the network sees";
    seen.setAttribute("aria-label", caption.textContent);
    const context = seen.getContext("2d");
    if (!tensor) {
      context.clearRect(0, 0, W, H);
      fill(under);
      return;
    }
    const image = context.createImageData(W, H);
    const target = new Uint32Array(image.data.buffer);
    if (!backward && C === 3) {
      const white = largest(tensor.data) > 1 ? 255 : 1;
      for (let k = 0; k < H * W; k++) {
        const [r, g, b] = [0, 1, 2].map((c) => Math.round((255 * tensor.data[3 * k + c]) / white));
        target[k] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
      }
      fill(under);
    } else {
      const kind = backward ? "gradients" : "grey";
      const data = C === 1 ? tensor.data : Float32Array.from({ length: H * W }, (_, k) => sum(tensor.data, C, k));
      const limit = backward ? largest(data) : Math.max(1, largest(data));
      paint(
        target,
        { data, rows: H, columns: W, first: 0, step: 1 },
        { left: 0, top: 0, width: W },
        lut(kind),
        limit,
        kind,
      );
      fill(under, legend(limit, kind), backward && C > 1 && make("p", { className: "note" }, "summed over colours"));
    }
    context.putImageData(image, 0, 0);
  }

  function switchTo() {
    if (shown !== state.from && state.from === "pixels" && trace) editor.take(trace.input);
    shown = state.from;
    fill(
      switches,
      choice("Where the image comes from", ways, state.from, (from) => choose({ from, label: null })),
    );
    const parts = {
      test: () => [picker.element],
      pad: () => [
        pad.element,
        C === 1 && tick("centre and size as in MNIST", state.normalize, (normalize) => choose({ normalize })),
      ],
      pixels: () => [editor.element],
      reference: () => [
        select(
          "Image",
          Array.from({ length: model.reference.images }, (_, i) => [i, String(i)]),
          state.reference,
          (reference) => choose({ reference, label: null }),
        ),
      ],
    };
    fill(way, ...parts[state.from]());
    picker.show(state.test);
  }
  switchTo();

  return {
    update(now, changedNames) {
      trace = now;
      if (changedNames.has("from")) switchTo();
      picker.show(state.test);
      draw();
    },
    /** Frame what a number sees of the input: [top, left, bottom, right], or nothing. */
    frame(box) {
      field.hidden = !box;
      if (!box) return;
      const [top, left, bottom, right] = box;
      field.style.left = `${(100 * left) / W}%`;
      field.style.top = `${(100 * top) / H}%`;
      field.style.width = `${(100 * (right - left)) / W}%`;
      field.style.height = `${(100 * (bottom - top)) / H}%`;
    },
    /** The question's part that says which image, and the body; null where there is none yet. */
    question() {
      if (state.from === "test") return { options: { test: state.test } };
      if (state.from === "reference") return { options: { reference: state.reference } };
      if (state.from === "pixels") return { options: {}, body: editor.bytes() };
      if (pad.blank) return null;
      return { options: { side: pad.side, normalize: state.normalize }, body: pad.bytes() };
    },
  };
}

function sum(data, C, k) {
  let total = 0;
  for (let c = 0; c < C; c++) total += data[C * k + c];
  return total;
}
