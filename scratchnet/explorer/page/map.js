/** One map of a layer, large: its tensors, its weights, how its numbers are spread, and what a number sees of the input. */

import { ravel, unravel } from "./arithmetic/tensor.js";
import { Atlas, picture } from "./atlas.js";
import { largest } from "./colours.js";
import { choice, fill, make, say, svg } from "./dom.js";
import { beyond, legend } from "./legend.js";
import { grouped, percent, short } from "./numbers.js";
import { ofLayer, limits } from "./scale.js";
import { getWeights } from "./server.js";
import { inside, mapsOf, named } from "./shapes.js";
import { choose, state } from "./state.js";
import { showTable } from "./table.js";

const TENSORS = { y: "answer y", z: "before activation z", dy: "gradient dy", dz: "gradient dz" };
const DECISIONS = { winner: "winners", keep: "mask" };
const BINS = 40;

/** @param {HTMLElement} section @param {Object} model of /api/model
 * @param {(index: number, at: number[]) => void} prepare is told which number of a layer will be chosen */
export function mapView(section, model, prepare) {
  const body = section.querySelector(".body");
  let trace = null;
  let asked = 0;

  function update(now) {
    trace = now;
    const index = model.layers.findIndex((layer) => layer.name === state.layer);
    const layer = model.layers[index];
    if (!trace || !layer || !inside(state.at, layer.output_shape)) {
      fill(
        body,
        make(
          "p",
          { className: "note" },
          "Choose a map above: click it, or move to a layer with Tab and press an arrow key.",
        ),
      );
      return;
    }
    const maps = mapsOf(model.layers, index);
    const at = unravel(ravel(state.at, layer.output_shape), maps);
    const c = at[2];
    const there = Object.keys(TENSORS).filter(
      (name) => trace.get(index, name) && (trace.activated(index) || name === "y" || name === "dy"),
    );
    const decided = Object.keys(DECISIONS).filter(
      (name) => trace.get(index, name)?.size === trace.get(index, "y").size,
    );
    const usual = state.view === "values" ? "y" : trace.get(index, "dy") ? "dy" : "dz";
    const name =
      [...there, ...decided].includes(state.tensor) &&
      (state.tensor in DECISIONS || state.tensor.startsWith("d") === (state.view === "gradients"))
        ? state.tensor
        : usual;
    const tensor = trace.get(index, name);
    if (!tensor) {
      fill(body, make("h3", {}, layer.name), make("p", { className: "note" }, "No gradient comes here."));
      return;
    }
    const kind = name in DECISIONS ? "grey" : name.startsWith("d") ? "gradients" : "values";
    const row = maps[0] * maps[1] === 1;
    const map = row
      ? tensor.data
      : Float64Array.from({ length: maps[0] * maps[1] }, (_, k) => tensor.data[k * maps[2] + c]);
    const key = `${layer.name} ${name === "y" || (name === usual && kind === "gradients") ? state.view : name}`;
    const limit =
      kind === "grey"
        ? Math.max(1, largest(tensor.data))
        : state.scale === "map"
          ? limits(key, tensor.data, maps[2])(c)
          : ofLayer(key, tensor.data);

    const atlas = new Atlas(
      row ? maps : [maps[0], maps[1], 1],
      `${layer.name}, ${row ? "all numbers" : `map ${c}`}: arrows move, [ and ] change the map`,
      { widest: 320, tallest: 320, largest: 32 },
    );
    atlas.draw(map, () => limit, kind);
    atlas.point(row ? at : [at[0], at[1], 0]);
    const indexOf = (to) => unravel(ravel(to, maps), layer.output_shape);
    const pick = (to, options) =>
      choose({ at: indexOf(to), direction: kind === "gradients" ? "backward" : "forward" }, options);
    const under = (event) => {
      const to = atlas.under(event);
      return to && !row ? [to[0], to[1], c] : to;
    };
    atlas.element.addEventListener("pointerdown", (event) => {
      const to = under(event);
      if (to) prepare(index, indexOf(to));
    });
    atlas.element.addEventListener("click", (event) => {
      const to = under(event);
      if (to) pick(to);
    });
    atlas.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const other = event.key === "[" ? c - 1 : event.key === "]" ? c + 1 : null;
      if (other !== null && !row) {
        if (other < 0 || other >= maps[2]) return;
        pick([at[0], at[1], other], { replace: true });
      } else {
        const to = atlas.moved(row ? at : [at[0], at[1], 0], event.key);
        if (!to) return;
        pick(row ? to : [to[0], to[1], c], { replace: true });
      }
      event.preventDefault();
      body.querySelector(".atlas").focus(); // the new one
    });
    if (body.contains(document.activeElement) && document.activeElement.classList.contains("atlas")) {
      queueMicrotask(() => atlas.element.focus());
      say(`${named(at, maps)} ${short(tensor.data[ravel(at, maps)])}`);
    }

    const weights = make("div", { className: "kernel" });
    fill(
      body,
      make("h3", {}, `${layer.name}, ${row ? `number ${c}` : `map ${c} of ${maps[2]}`}`),
      choice(
        "Which numbers",
        [...there.map((one) => [one, TENSORS[one]]), ...decided.map((one) => [one, DECISIONS[one]])],
        name,
        (one) =>
          choose({ tensor: one, view: one in DECISIONS ? state.view : one.startsWith("d") ? "gradients" : "values" }),
      ),
      atlas.element,
      legend(limit, kind, beyond(map, limit)),
      make(
        "div",
        { className: "below" },
        make("p", { className: "cursor" }, `${named(at, maps)} ${short(tensor.data[ravel(at, maps)])}`),
        make(
          "button",
          {
            type: "button",
            onclick: () =>
              showTable(`${layer.name}, ${TENSORS[name] ?? DECISIONS[name]}`, tensor.data, maps, c, model.dtype),
          },
          "as table",
        ),
      ),
      spread(map, row ? "all numbers" : "this map"),
      weights,
    );
    show(weights, index, c);
  }

  /** What the map's filter multiplies with. */
  async function show(element, index, unit) {
    const layer = model.layers[index];
    if (!layer.weights.kernel) return;
    const mine = ++asked;
    let tensors;
    try {
      tensors = await getWeights(layer.name, { unit, epoch: state.epoch });
    } catch (error) {
      fill(element, make("p", { className: "note" }, error.message));
      return;
    }
    if (mine !== asked) return;
    const kernel = tensors.get("kernel");
    const maps =
      kernel.shape.length === 3
        ? kernel.shape
        : kernel.shape.length === 2
          ? [...kernel.shape, 1]
          : index
            ? mapsOf(model.layers, index - 1)
            : [1, 1, kernel.size];
    const limit = largest(kernel.data);
    const room = { widest: 320, tallest: 160, largest: 24 };
    const tiles = picture(maps, `Kernel: ${maps[2]} of ${maps[0]} × ${maps[1]}`, room, {
      data: kernel.data,
      limit,
      kind: "values",
    });
    const bias = tensors.get("bias");
    fill(
      element,
      make("h4", {}, "Its weights"),
      make(
        "p",
        { className: "note" },
        kernel.shape.length === 1
          ? `${grouped(kernel.size)}, one for each number of ${model.layers[index - 1]?.name ?? "the input"}`
          : `${maps[2]} × ${maps[0]} × ${maps[1]}, a tile for each map it sees`,
      ),
      tiles,
      legend(limit, "values"),
      bias && make("p", { className: "note" }, `bias ${short(bias.data[0])}`),
    );
  }

  return { update };
}

/** How the numbers are spread: a histogram, and a few figures. */
function spread(data, what) {
  const numbers = [...data].filter(Number.isFinite);
  const zeros = numbers.filter((value) => value === 0).length;
  const [least, most] = numbers.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  const bins = new Array(BINS).fill(0);
  for (const value of numbers)
    if (value !== 0) bins[Math.min(BINS - 1, Math.floor(((value - least) / (most - least || 1)) * BINS))]++;
  const highest = Math.max(1, ...bins);
  const bars = bins.map((count, k) =>
    svg("rect", { x: k * 8, y: 48 - (46 * count) / highest, width: 7, height: (46 * count) / highest }),
  );
  const mean = numbers.reduce((total, value) => total + value, 0) / (numbers.length || 1);
  return make(
    "figure",
    { className: "spread" },
    svg(
      "svg",
      {
        viewBox: `0 0 ${8 * BINS} 48`,
        class: "histogram",
        role: "img",
        "aria-label": `Histogram of ${what} without its zeros, from ${short(least)} to ${short(most)}`,
      },
      ...bars,
    ),
    make("div", { className: "ends" }, make("span", {}, short(least)), make("span", {}, short(most))),
    make("figcaption", {}, `${what}: mean ${short(mean)}, ${percent(zeros / (numbers.length || 1))} exactly 0`),
  );
}
