/** How training went, and the same image and number at every kept epoch. */

import { choice, fill, make, svg } from "./dom.js";
import { short } from "./numbers.js";
import { choose, state } from "./state.js";

const [NARROWEST, WIDEST, HEIGHT, LEFT, BOTTOM] = [240, 640, 200, 58, 26];

export function epochsView(section, model) {
  const body = section.querySelector(".body");
  const measured = Object.keys(model.history ?? {}).filter(
    (name) => !name.startsWith("val_") && model.history[name].length,
  );
  let shown = measured.includes("loss") ? "loss" : measured[0];
  let epoch; // that is shown
  let width = WIDEST;

  function draw() {
    epoch = state.epoch;
    const scrubber = model.epochs.length
      ? scrub()
      : make(
          "p",
          { className: "note" },
          "No weights of single epochs are kept. To keep them: ",
          make("code", {}, "scratchnet train --checkpoints every"),
        );
    fill(
      body,
      measured.length > 1 &&
        choice(
          "Curve of",
          measured.map((name) => [name, name]),
          shown,
          (name) => {
            shown = name;
            draw();
          },
        ),
      shown
        ? curve(shown)
        : make("p", { className: "note" }, "No history comes with a model file: explore the run’s folder."),
      scrubber,
    );
  }

  function scrub() {
    const { epochs } = model;
    const now = state.epoch === null ? epochs.length : epochs.indexOf(state.epoch);
    const go = (place) =>
      choose({ epoch: place >= epochs.length ? null : epochs[Math.max(0, place)] }, { replace: true });
    const name = state.epoch === null ? "the model as it is" : `after epoch ${state.epoch}`;
    return make(
      "div",
      { className: "row scrubber" },
      make(
        "button",
        { type: "button", "aria-label": "Epoch before", "data-scrub": "before", onclick: () => go(now - 1) },
        "‹",
      ),
      make("input", {
        type: "range",
        min: 0,
        max: epochs.length,
        value: now,
        "data-scrub": "range",
        "aria-label": "Epoch",
        "aria-valuetext": name,
        oninput: (event) => go(Number(event.target.value)),
      }),
      make(
        "button",
        { type: "button", "aria-label": "Epoch after", "data-scrub": "after", onclick: () => go(now + 1) },
        "›",
      ),
      make("output", {}, name),
    );
  }

  function curve(name) {
    const lines = [name, `val_${name}`].map((key) => model.history[key]).filter(Boolean);
    const count = lines[0].length;
    const all = lines.flat().filter(Number.isFinite);
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const x = (epoch) => LEFT + ((width - LEFT - 8) * (epoch - 1)) / Math.max(1, count - 1);
    const y = (value) => 10 + ((HEIGHT - BOTTOM - 10) * (most - value)) / (most - least || 1);
    const path = (line) =>
      line.map((value, k) => `${k ? "L" : "M"}${x(k + 1).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    const ticks = [least, (least + most) / 2, most];
    const every = Math.max(1, Math.ceil((count * 40) / width));
    const marked = state.epoch === null ? count : state.epoch;
    return make(
      "figure",
      { className: "curve" },
      svg(
        "svg",
        {
          viewBox: `0 0 ${width} ${HEIGHT}`,
          width,
          height: HEIGHT,
          role: "img",
          "aria-label": `${name} over ${count} epochs, from ${short(lines[0][0])} to ${short(lines[0].at(-1))} in training`,
        },
        ...ticks.map((value) =>
          svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, String(Number(value.toPrecision(3)))),
        ),
        ...Array.from({ length: count }, (_, k) => k + 1)
          .filter((epoch) => (epoch - 1) % every === 0)
          .map((epoch) => svg("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch))),
        marked >= 1 ? svg("line", { x1: x(marked), x2: x(marked), y1: 6, y2: HEIGHT - BOTTOM, class: "now" }) : "",
        ...lines.map((line, k) =>
          count > 1
            ? svg("path", { d: path(line), class: k ? "line validation" : "line" })
            : svg("circle", { cx: x(1), cy: y(line[0]), r: 4, class: k ? "dot validation" : "dot" }),
        ),
      ),
      make(
        "figcaption",
        {},
        make("span", { className: "sample" }),
        ` ${name} in training`,
        lines.length > 1 && make("span", { className: "sample validation" }),
        lines.length > 1 && " on validation images",
      ),
    );
  }

  // As wide as there is room, so that text has its size.
  new ResizeObserver(([{ contentRect }]) => {
    const room = Math.max(NARROWEST, Math.min(WIDEST, Math.round(contentRect.width)));
    if (room === width) return;
    width = room;
    draw();
  }).observe(body);
  draw();

  return {
    update() {
      if (epoch !== state.epoch) draw();
    },
  };
}
