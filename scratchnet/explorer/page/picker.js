/** Test images to choose from, all or only those that the network takes for something else. */

import { fill, make, tick, whole } from "./dom.js";
import { grouped } from "./numbers.js";
import { getTests } from "./server.js";
import { state } from "./state.js";

const SHOWN = 24;

export class Picker {
  /** @param {Object} model @param {(index: number) => void} chosen */
  constructor(model, chosen) {
    this.model = model;
    this.chosen = chosen;
    this.from = 0;
    this.wrong = false;
    this.list = make("div", { className: "thumbnails", role: "group", "aria-label": "Test images" });
    const index = whole("Number", state.test, model.tests - 1, (place) => this.go(place));
    this.index = index.querySelector("input");
    this.status = make("p", { className: "note" });
    this.element = make(
      "div",
      { className: "picker" },
      make(
        "div",
        { className: "row" },
        index,
        make("button", { type: "button", onclick: () => this.go(Math.floor(Math.random() * model.tests)) }, "Any"),
        tick("wrong only", false, (wrong) => this.page(0, wrong)),
      ),
      this.list,
      make(
        "div",
        { className: "row" },
        make(
          "button",
          { type: "button", "aria-label": "Images before", onclick: () => this.page(this.from - SHOWN) },
          "‹",
        ),
        make(
          "button",
          { type: "button", "aria-label": "Images after", onclick: () => this.page(this.from + SHOWN) },
          "›",
        ),
        this.status,
      ),
    );
    if (model.tests) this.page(SHOWN * Math.floor(state.test / SHOWN));
  }

  go(index) {
    this.chosen(index);
    if (!this.wrong) this.page(SHOWN * Math.floor(state.test / SHOWN));
  }

  /** Show the images from that one on. */
  async page(from, wrong = this.wrong) {
    this.status.textContent = wrong && !this.wrong ? "Asking the network about every test image …" : "";
    let answer;
    try {
      answer = await getTests({ from: Math.max(0, from), count: SHOWN, wrong });
    } catch (error) {
      this.status.textContent = error.message;
      return;
    }
    const { header, tensors } = answer;
    if (from >= header.total && from > 0) return;
    this.from = Math.max(0, from);
    this.wrong = wrong;
    const [images, labels, places] = ["images", "labels", "places"].map((name) => tensors.get(name));
    fill(this.list, ...Array.from(places.data, (place, k) => this.thumbnail(images, k, place, labels.data[k])));
    const to = this.from + places.data.length;
    this.status.textContent = header.total
      ? `${grouped(this.from + 1)}–${grouped(to)} of ${grouped(header.total)}${wrong ? " mistaken" : ""}`
      : "none";
    this.show(state.test);
  }

  thumbnail(images, k, place, label) {
    const [, H, W, C] = images.shape;
    const canvas = make("canvas", { width: W, height: H, className: "pixels" });
    const context = canvas.getContext("2d");
    const image = context.createImageData(W, H);
    for (let p = 0; p < H * W; p++) {
      for (let c = 0; c < 3; c++) image.data[4 * p + c] = images.data[(k * H * W + p) * C + (C === 3 ? c : 0)];
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const button = make(
      "button",
      { type: "button", "aria-label": `Test image ${place}, a ${label}`, onclick: () => this.chosen(place) },
      canvas,
    );
    button.dataset.place = place;
    return button;
  }

  show(index) {
    this.index.value = index;
    for (const button of this.list.children)
      button.setAttribute("aria-pressed", String(Number(button.dataset.place) === index));
  }
}
