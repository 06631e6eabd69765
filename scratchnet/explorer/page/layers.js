/** Every layer at a glance: its values, or the gradients by them. */

import { ravel, unravel } from "./arithmetic/tensor.js";
import { Atlas } from "./atlas.js";
import { fill, make, say } from "./dom.js";
import { beyond, legend } from "./legend.js";
import { grouped, short, sizes } from "./numbers.js";
import { limits, ofLayer } from "./scale.js";
import { inside, mapsOf, named } from "./shapes.js";
import { choose, state } from "./state.js";
import { showTable } from "./table.js";

/** @param {HTMLElement} section @param {Object} model of /api/model
 * @param {(index: number, at: number[]) => void} prepare is told which number of a layer will be chosen */
export function layersView(section, model, prepare) {
  const { layers } = model;
  let trace = null;
  const cards = layers.map((layer, index) => card(layer, index));
  fill(section.querySelector(".body"), ...cards.map((one) => one.element));

  function card(layer, index) {
    const maps = mapsOf(layers, index);
    const count = maps[0] * maps[1] === 1 ? `${maps[2]} numbers` : `${maps[2]} maps of ${maps[0]} × ${maps[1]}`;
    const atlas = new Atlas(
      maps,
      `${layer.name}: ${count}. Arrows move, [ and ] change the map, Enter shows the arithmetic.`,
    );
    const key = make("div");
    const cursor = make("p", { className: "cursor" });
    const element = make(
      "article",
      { className: "card", "aria-label": layer.name },
      make(
        "h3",
        {},
        make("span", { className: "name" }, layer.name),
        make(
          "span",
          { className: "kind" },
          `${layer.kind}${layer.activation === "linear" ? "" : ` · ${layer.activation}`}`,
        ),
      ),
      make(
        "p",
        { className: "shape" },
        `${sizes(layer.output_shape)}${layer.parameters ? ` · ${grouped(layer.parameters)} parameters` : ""}`,
      ),
      atlas.element,
      key,
      make(
        "div",
        { className: "below" },
        cursor,
        make("button", { type: "button", onclick: () => table(index) }, "as table"),
      ),
    );
    const index3 = (at) => unravel(ravel(at, layer.output_shape), maps);
    const indexOf = (at) => unravel(ravel(at, maps), layer.output_shape);
    const pick = (at, options) =>
      choose(
        {
          layer: layer.name,
          at: indexOf(at),
          direction: state.view === "gradients" ? "backward" : "forward",
        },
        options,
      );

    atlas.element.addEventListener("pointerdown", (event) => {
      const at = atlas.under(event);
      if (at) prepare(index, indexOf(at));
    });
    atlas.element.addEventListener("click", (event) => {
      const at = atlas.under(event);
      if (at) pick(at);
    });
    atlas.element.addEventListener("pointermove", (event) => tell(atlas.under(event) ?? own()));
    atlas.element.addEventListener("pointerleave", () => tell(own()));
    atlas.element.addEventListener("focus", () => tell(own() ?? middle(maps), true));
    atlas.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const from = own() ?? middle(maps);
      const to = event.key === "Enter" ? from : atlas.moved(from, event.key);
      if (!to) return;
      event.preventDefault();
      pick(to, { replace: own() !== null }); // a step of the cursor is no step back
      tell(to, true);
    });

    const own = () => (state.layer === layer.name && inside(state.at, layer.output_shape) ? index3(state.at) : null);

    function tell(at, aloud = false) {
      const tensor = trace?.shown(index, state.view === "gradients");
      const text = at && tensor ? `${named(at, maps)} ${short(tensor.data[ravel(at, maps)])}` : "";
      cursor.textContent = text;
      if (aloud && text) say(`${layer.name} ${text}`);
    }

    function point() {
      element.classList.toggle("chosen", state.layer === layer.name);
      atlas.point(own());
      tell(own());
    }

    function draw(all) {
      const backward = state.view === "gradients";
      const tensor = trace.shown(index, backward);
      element.classList.toggle("without", !tensor);
      if (!tensor) {
        fill(key, make("p", { className: "note" }, backward ? "No gradient comes here." : ""));
        return;
      }
      const name = `${layer.name} ${state.view}`;
      atlas.draw(tensor.data, limits(name, tensor.data, maps[2], all), state.view);
      const limit = state.scale === "all" ? all() : ofLayer(name, tensor.data);
      fill(
        key,
        state.scale === "map"
          ? make("p", { className: "note" }, "each map to its own largest")
          : legend(limit, state.view, beyond(tensor.data, limit)),
      );
    }

    return { element, draw, point, atlas };
  }

  function table(index) {
    const tensor = trace?.shown(index, state.view === "gradients");
    if (!tensor) return;
    const layer = layers[index];
    const maps = mapsOf(layers, index);
    const at =
      state.layer === layer.name && inside(state.at, layer.output_shape)
        ? unravel(ravel(state.at, layer.output_shape), maps)
        : [0, 0, 0];
    showTable(`${layer.name}, ${state.view}`, tensor.data, maps, at[2], model.dtype);
  }

  function draw() {
    if (!trace) return;
    let most;
    const all = () => {
      most ??= Math.max(
        ...layers.map((layer, index) => {
          const tensor = trace.shown(index, state.view === "gradients");
          return tensor ? ofLayer(`${layer.name} ${state.view}`, tensor.data) : 0;
        }),
      );
      return most;
    };
    for (const one of cards) one.draw(all);
  }

  return {
    update(now, changed) {
      const drawn = now === trace && !["view", "scale"].some((name) => changed.has(name));
      trace = now;
      if (!drawn) draw();
      if (trace) for (const one of cards) one.point();
    },
    focus(name) {
      const index = layers.findIndex((layer) => layer.name === name);
      (cards[index] ?? cards[0]).atlas.element.focus();
    },
  };
}

const middle = ([H, W]) => [Math.floor(H / 2), Math.floor(W / 2), 0];
