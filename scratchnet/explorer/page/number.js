/** One number: the terms it is the sum of, forward and backward, and the check against what the trace has. */

import {
  backward,
  forward,
  gate,
  known,
  lossOf,
  needs,
  outputGradient,
  receptiveField,
  weightGradient,
} from "./arithmetic/index.js";
import { ravel, unravel } from "./arithmetic/tensor.js";
import { onTheme } from "./atlas.js";
import { choice, fill, make, say, select, whole } from "./dom.js";
import { Tensor } from "./frames.js";
import { exact, short, signed } from "./numbers.js";
import { getGradients, getWeights } from "./server.js";
import { inside, mapsOf, named } from "./shapes.js";
import { choose, state } from "./state.js";
import { digits, showStep } from "./steps.js";

/** @param {(box: number[]|null) => void} frame shows what the number sees of the input */
export function numberView(section, model, frame) {
  const { layers } = model;
  const body = section.querySelector(".body");
  let trace = null;
  let pinned = null;
  let asked = 0;
  let wanted = false; // the focus
  let copied = ""; // what "Copy all digits" puts into the clipboard
  let weight = null; // whose gradient is shown, by variable: an index
  onTheme(() => update(trace));

  async function update(now) {
    trace = now;
    const mine = ++asked;
    const index = layers.findIndex((layer) => layer.name === state.layer);
    const layer = layers[index];
    if (!trace || !layer || !inside(state.at, layer.output_shape)) {
      frame(null);
      fill(
        body,
        make(
          "p",
          { className: "note" },
          "Choose a number above: click it, or move to it with the arrow keys and press Enter.",
        ),
      );
      return;
    }
    frame(receptiveField(layers, index, state.at));
    copied = "";
    try {
      const parts = state.direction === "forward" ? await forwards(index) : await backwards(index);
      if (mine !== asked) return;
      const within = body.contains(document.activeElement);
      fill(body, heading(index), pin(index), ...parts);
      const lost = within && !body.contains(document.activeElement); // a link led away
      if (lost || wanted) body.querySelector('[data-focus="title"]').focus();
      wanted = false;
    } catch (error) {
      if (mine !== asked) return;
      fill(body, make("p", { className: "note" }, error.message));
    }
  }

  // ---------- the parts
  function heading(index) {
    const layer = layers[index];
    const tensor = trace.get(index, state.direction === "forward" ? "y" : "dy") ?? trace.get(index, "dz");
    const maps = mapsOf(layers, index);
    const value = tensor?.at(state.at);
    return make(
      "div",
      { className: "row" },
      make(
        "h3",
        { tabIndex: -1, "data-focus": "title" },
        `${layer.name}, ${named(unravel(ravel(state.at, layer.output_shape), maps), maps)}: `,
        make(
          "span",
          { className: "value", title: value === undefined ? "" : exact(value, model.dtype) },
          value === undefined ? "no gradient" : short(value),
        ),
      ),
      choice(
        "Direction",
        [
          ["forward", "Forward"],
          ["backward", "Backward"],
        ],
        state.direction,
        (direction) => choose({ direction, view: direction === "forward" ? "values" : "gradients", tensor: null }),
      ),
      make(
        "button",
        { type: "button", "data-focus": "copy", onclick: () => navigator.clipboard.writeText(copied) },
        "Copy all digits",
      ),
      make(
        "button",
        { type: "button", "data-focus": "pin", "aria-pressed": String(pinned !== null), onclick: () => togglePin() },
        pinned ? "Unpin" : "Pin",
      ),
    );
  }

  function pin() {
    if (!pinned) return null;
    const [value, slope] = here(pinned.index, pinned.at);
    const line = (name, was, is) =>
      was === undefined || is === undefined ? "" : `${name} ${short(was)} → ${short(is)} (${signed(is - was)})`;
    return make(
      "p",
      { className: "check" },
      `Pinned, ${layers[pinned.index].name}[${pinned.at.join(",")}], since ${pinned.when}: `,
      [line("y", pinned.value, value), line("gradient", pinned.slope, slope)].filter(Boolean).join("; "),
    );
  }

  const here = (index, at) => [
    trace.get(index, "y").at(at),
    (trace.get(index, "dy") ?? trace.get(index, "dz"))?.at(at),
  ];

  function togglePin() {
    if (pinned) pinned = null;
    else {
      const index = layers.findIndex((layer) => layer.name === state.layer);
      if (index < 0 || !trace) return;
      const [value, slope] = here(index, state.at);
      const when = [
        state.from === "test" ? `test image ${state.test}` : "this drawing",
        state.epoch === null ? null : `epoch ${state.epoch}`,
      ];
      pinned = { index, at: state.at, value, slope, when: when.filter(Boolean).join(", ") };
    }
    say(pinned ? "Pinned" : "Unpinned");
    update(trace);
  }

  function show(step, index, from) {
    copied += digits(step);
    return showStep(step, model, index, from);
  }

  const weightsFor = async (index, at, direction) => {
    const query = needs(layers[index], at, direction);
    if (!query) return {};
    return Object.fromEntries(await getWeights(layers[index].name, { ...query, epoch: state.epoch }));
  };

  const asMaps = (index) => {
    const from = index ? mapsOf(layers, index - 1) : null;
    return from && from[0] * from[1] > 1 && layers[index].input_shape.length === 1 ? { unflattened: from } : {};
  };

  async function forwards(index) {
    const layer = layers[index];
    const weights = await weightsFor(index, state.at, "forward");
    const tensors = trace.of(index);
    const steps = forward(layer, state.at, tensors, weights, asMaps(index));
    if (index === layers.length - 1 && trace.loss !== undefined && known(layer, model.loss)) {
      steps.push(lossOf(layer, tensors, model.loss, trace.label));
    }
    return steps.map((step) => show(step, index));
  }

  /** How the gradient by this number came from the layer above, and where it goes on to. */
  async function backwards(index) {
    const parts = [];
    if (!trace.backward) return [make("p", { className: "note" }, "No gradients have been asked for yet.")];
    const above = layers[index + 1];
    if (above && trace.get(index, "dy")) {
      const at = unravel(ravel(state.at, layers[index].output_shape), above.input_shape);
      const weights = await weightsFor(index + 1, at, "backward");
      const steps = backward(above, at, trace.of(index + 1), weights, asMaps(index + 1));
      const begin = !steps.length && index + 1 === layers.length - 1 ? gradientOfSum(index + 1, at) : null;
      parts.push(...[...steps, begin].filter(Boolean).map((step) => show(step, index, above)));
    }
    const own = gradientOfSum(index);
    if (own) parts.push(show(own, index));
    else if (!above && !trace.get(index, "dz"))
      parts.push(
        make(
          "p",
          { className: "note" },
          `The arithmetic of ${name(model.loss)} isn't written out here: what it gives is the gradient above.`,
        ),
      );
    return [...parts, await gradientOfWeight(index)];
  }

  /** dz of dy by the layer's own activation; or where the way back begins, at a logit, or at softmax and the loss as one. */
  function gradientOfSum(index, at = state.at) {
    const layer = layers[index];
    const tensors = trace.of(index);
    if (index < layers.length - 1) return gate(layer, at, tensors);
    if (state.logit !== null) return outputGradient(layer, at, tensors, { logit: state.logit });
    return known(layer, model.loss)
      ? outputGradient(layer, at, tensors, { loss: model.loss, label: trace.label })
      : gate(layer, at, tensors);
  }

  /** The gradient of one weight that takes part in this number, summed over all positions. */
  async function gradientOfWeight(index) {
    const layer = layers[index];
    const unit = state.at.at(-1);
    const gradients = await getGradients(trace.key, layer.name, { unit });
    const names = [...gradients.keys()];
    if (!names.length) return null;
    const chosen = names.includes(weight?.name) && weight.layer === layer.name ? weight.name : names[0];
    const own = gradients.get(chosen);
    const free = own.shape;
    const at =
      weight?.layer === layer.name && weight.name === chosen && inside(weight.at, free)
        ? weight.at
        : unravel(strongest(own.data), free);
    const ask = (changes) => {
      weight = { layer: layer.name, name: chosen, at, ...changes };
      update(trace);
    };
    const place = ofUnit(layer, chosen, at, unit);
    const penalized =
      state.logit === null
        ? Object.fromEntries(
            [...(await getWeights(layer.name, { unit, epoch: state.epoch }))].map(([key, tensor]) => [
              key,
              alone(tensor, place.length),
            ]),
          )
        : null;
    const step = weightGradient(layer, chosen, place, trace.of(index), alone(own, place.length), penalized);
    const axes = free.length === 1 ? ["input"] : ["row", "column", "channel"];
    return make(
      "div",
      { className: "step" },
      make("h4", {}, "To its weights"),
      make(
        "div",
        { className: "row" },
        select(
          "Gradient of",
          names.map((one) => [one, one]),
          chosen,
          (one) => ask({ name: one, at: null }),
        ),
        ...free.map((size, axis) =>
          whole(axes[axis], at[axis], size - 1, (i) => ask({ at: at.with(axis, i) }), { "data-focus": `axis${axis}` }),
        ),
      ),
      show(step, index),
    );
  }

  return {
    update,
    /** Take the focus, now or as soon as there is a number to show. */
    focus() {
      const title = body.querySelector('[data-focus="title"]');
      wanted = !title;
      title?.focus();
    },
    pin: togglePin,
  };
}

const name = (loss) => loss?.class_name ?? String(loss);

/** The index of a weight among all, by its index among those of one unit. */
function ofUnit(layer, variable, at, unit) {
  if (variable !== "kernel") return [unit];
  if (layer.kind !== "DepthwiseConv2D") return [...at, unit];
  const M = layer.options.depth_multiplier;
  return [...at, Math.floor(unit / M), unit % M];
}

/** What belongs to one unit, asked for by the index among all: the last axes lead nowhere. */
function alone(tensor, axes) {
  const more = new Array(Math.max(0, axes - tensor.shape.length)).fill(0);
  return Object.assign(new Tensor(tensor.shape, tensor.data), {
    shape: [...tensor.shape, ...more.map(() => 1)],
    strides: [...tensor.strides, ...more],
  });
}

/** The place of the largest number, whatever its sign. */
function strongest(data) {
  let best = 0;
  data.forEach((value, k) => {
    if (Math.abs(value) > Math.abs(data[best])) best = k;
  });
  return best;
}
