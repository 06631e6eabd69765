/** The same tensors beside Keras's: of an image of a recording, the largest difference of each, worst first. */

import { sizeOf, unravel } from "./arithmetic/tensor.js";
import { picture } from "./atlas.js";
import { largest } from "./colours.js";
import { fill, make } from "./dom.js";
import { legend } from "./legend.js";
import { exact, short } from "./numbers.js";
import { getGradients, getReference } from "./server.js";
import { mapsOf } from "./shapes.js";
import { choose, state } from "./state.js";

const DECADES = 6; // of |Δ| that are told apart by grey, below the largest

export function kerasView(section, model) {
  const body = section.querySelector(".body");
  const { layers, reference } = model;
  let asked = 0;
  let chosen = null; // the tensor that is shown, by name
  let compared = null; // the trace that is shown
  let redraw = () => {};

  async function update(trace) {
    const mine = ++asked;
    if (!reference) {
      fill(
        body,
        make("p", { className: "note" }, "Without a recording of Keras. To make one, and to see it here:"),
        make(
          "pre",
          { tabIndex: 0 },
          `python -m reference.dump ${model.file} --whole --dtype ${model.dtype} --output keras.npz\nscratchnet explore ${model.source} --reference keras.npz`,
        ),
      );
      return;
    }
    if (
      state.from !== "reference" ||
      !trace?.backward ||
      state.training ||
      state.epoch !== null ||
      state.logit !== null
    ) {
      fill(
        body,
        make(
          "p",
          { className: "note" },
          `${reference.version} computed ${reference.images} images of the recording, as the model is, out of training, back from the loss.`,
        ),
        make(
          "button",
          {
            type: "button",
            onclick: () => choose({ from: "reference", label: null, logit: null, training: false, epoch: null }),
          },
          "Show them",
        ),
      );
      return;
    }
    if (compared === trace) return;
    let rows;
    try {
      rows = await compare(trace, await getReference(state.reference));
    } catch (error) {
      if (mine === asked) fill(body, make("p", { className: "note" }, error.message));
      return;
    }
    if (mine !== asked) return;
    compared = trace;
    redraw = () => draw(rows);
    redraw();
  }

  /** Each tensor that both have, worst first; apart: the largest |Δ|, which is at the place `where`. {name, ours, theirs, apart, relative, where} */
  async function compare(trace, { header, tensors }) {
    const rows = await Promise.all(
      [...tensors].map(async ([name, theirs]) => {
        const ours = await own(trace, name);
        if (!ours) return null;
        let where = 0;
        let apart = 0;
        theirs.data.forEach((value, k) => {
          const difference = Math.abs(ours.data[k] - value);
          if (difference > apart || Number.isNaN(difference)) [apart, where] = [difference, k];
        });
        const scale = Math.max(largest(theirs.data), header.terms[name] ?? 0);
        return { name, ours, theirs, apart, relative: apart === 0 ? 0 : apart / scale, where };
      }),
    );
    return rows.filter(Boolean).sort((a, b) => b.relative - a.relative);
  }

  /** Ours, by the recording's name: conv2d/y, conv2d/dx, conv2d/dkernel, loss */
  async function own(trace, name) {
    if (name === "loss") return trace.tensors.get("loss");
    const at = name.lastIndexOf("/");
    const index = layers.findIndex((layer) => layer.name === name.slice(0, at));
    const what = name.slice(at + 1);
    if (["y", "z", "dy", "dz"].includes(what)) return trace.get(index, what);
    if (what === "dx") return trace.dx(index);
    return (await getGradients(trace.key, layers[index].name, {})).get(what.slice(1));
  }

  function draw(rows) {
    const far = rows.filter((row) => !(row.relative <= reference.tolerance)).length;
    fill(
      body,
      make(
        "p",
        {},
        `${reference.version}, image ${state.reference}: ${rows.length} tensors, ${far || "none"} further apart than ${short(reference.tolerance)}, relative to the largest number of the tensor or, where that is what cancelling left, of its terms: as scratchnet parity compares.`,
      ),
      reference.differs &&
        make(
          "p",
          { className: "note bad" },
          `The recording is of other weights: ${reference.differs} isn't the same. Record this model anew to compare.`,
        ),
      make(
        "div",
        { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Tensors beside Keras’s" },
        make(
          "table",
          { className: "terms compared" },
          make(
            "thead",
            {},
            make(
              "tr",
              {},
              ...["tensor", "largest |Δ|", "relative", "at", "ours", "Keras", ""].map((title) =>
                make("th", { scope: "col" }, title),
              ),
            ),
          ),
          make("tbody", {}, ...rows.map((row) => line(row, rows))),
        ),
      ),
      beside(rows.find((row) => row.name === chosen) ?? rows[0]),
    );
  }

  function line(row, rows) {
    const { name, ours, theirs, apart, relative, where } = row;
    const show = () => {
      chosen = name;
      redraw();
      const place = number(name, where);
      if (place) choose(place);
      body.querySelector(`[data-tensor="${CSS.escape(name)}"]`)?.focus();
    };
    return make(
      "tr",
      { className: row === (rows.find((one) => one.name === chosen) ?? rows[0]) ? "best" : "" },
      make(
        "th",
        { scope: "row" },
        make("button", { type: "button", className: "link", "data-tensor": name, onclick: show }, name),
      ),
      make("td", { className: "figure" }, short(apart)),
      make("td", { className: "figure" }, short(relative)),
      make("td", { className: "figure" }, `[${unravel(where, theirs.shape).join(",")}]`),
      ...[
        [ours, model.dtype],
        [theirs, reference.dtype],
      ].map(([tensor, dtype]) => make("td", { className: "figure" }, exact(tensor.data[where], dtype))),
      make("td", {}, relative <= reference.tolerance ? "✓ equal" : "✗ differs"),
    );
  }

  /** The number of a layer's answer at a place of a tensor, to be looked at: null for a gradient of weights. */
  function number(name, where) {
    const at = name.lastIndexOf("/");
    const what = name.slice(at + 1);
    const index = layers.findIndex((layer) => layer.name === name.slice(0, at)) - (what === "dx" ? 1 : 0);
    if (index < 0 || !["y", "z", "dy", "dz", "dx"].includes(what)) return null;
    const backward = what.startsWith("d");
    return {
      layer: layers[index].name,
      at: unravel(where, layers[index].output_shape),
      view: backward ? "gradients" : "values",
      direction: backward ? "backward" : "forward",
      tensor: null,
    };
  }

  function beside(row) {
    const { name, ours, theirs } = row;
    const maps = mapsFor(name, theirs);
    const most = largest(theirs.data);
    const kind = /\/[zy]$/.test(name) ? "values" : "gradients";
    const apart = Float64Array.from(theirs.data, (value, k) => Math.abs(ours.data[k] - value));
    const worst = largest(apart);
    const logarithms = apart.map((value) => (value > 0 ? Math.max(0, 1 + Math.log10(value / worst) / DECADES) : 0));
    const room = { widest: 380, tallest: 300, largest: 16 };
    const titled = (title, data, limit, kind, key) =>
      make(
        "figure",
        {},
        make("figcaption", {}, `${title}: ${name}`),
        picture(maps, `${name}, ${title}`, room, { data, limit, kind }),
        key,
      );
    const grey =
      worst > 0
        ? make("p", { className: "note" }, `white ${short(worst)}, black ${short(worst / 10 ** DECADES)} and less`)
        : make("p", { className: "note" }, "all the same");
    return make(
      "div",
      { className: "pair" },
      titled("ours", ours.data, most, kind, legend(most, kind)),
      titled("Keras", theirs.data, most, kind, legend(most, kind)),
      titled("|Δ|", logarithms, 1, "grey", grey),
    );
  }

  /** A tensor of a layer lies as its layer does; a kernel is tiles, one for each filter and channel. */
  function mapsFor(name, tensor) {
    const { shape } = tensor;
    if (shape.length === 0) return [1, 1, 1];
    const at = name.lastIndexOf("/");
    const index = layers.findIndex((layer) => layer.name === name.slice(0, at));
    if (/\/[zy]$|\/d[zy]$/.test(name)) return mapsOf(layers, index);
    if (name.endsWith("/dx")) return index ? mapsOf(layers, index - 1) : model.input_shape;
    return shape.length === 4
      ? [shape[0], shape[1], shape[2] * shape[3]]
      : shape.length === 2
        ? [...shape, 1]
        : [1, 1, sizeOf(shape)];
  }

  return { update };
}
