/** One number: the terms it is the sum of, forward and backward, and the check against what the trace has. */

import {
  backward,
  forward,
  gate,
  known,
  lossOf,
  needs,
  outputGradient,
  penalized,
  receptiveField,
  weightGradient,
} from "./arithmetic/index.js";
import { ravel, unravel } from "./arithmetic/tensor.js";
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
  let steps = []; // that are shown
  let weight = null; // whose gradient is shown, by variable: an index
  let room = 0; // px, for pictures side by side
  new ResizeObserver(([{ contentRect }]) => {
    if (room === contentRect.width) return; // it has become higher
    room = contentRect.width;
    if (steps.length) update(trace);
  }).observe(body);

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
    try {
      const parts = await (state.direction === "forward" ? forwards : backwards)(index);
      if (mine !== asked) return;
      steps = parts.flatMap((part) => part.step ?? []);
      const within = body.contains(document.activeElement);
      fill(body, heading(index), pin(index), ...parts.map(({ element }) => element));
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
        {
          type: "button",
          "data-focus": "copy",
          onclick: () => navigator.clipboard.writeText(steps.map(digits).join("")),
        },
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

  /** The layer above, and the place of this number in what it takes; none where nothing came back from there. */
  function taker(index, at) {
    const layer = layers[index + 1];
    if (!layer || !trace.get(index, "dy")) return null;
    return { layer, at: unravel(ravel(at, layers[index].output_shape), layer.input_shape) };
  }

  /** Of the server, what the arithmetic of a number takes: weights; backward the gradients of the layer's own, too, and
   * these themselves, where a regularizer adds to them. */
  function ask(index, at, direction) {
    const layer = layers[index];
    const { epoch } = state;
    const weights = async (of, at) => {
      const query = needs(of, at, direction);
      return query ? Object.fromEntries(await getWeights(of.name, { ...query, epoch })) : {};
    };
    if (direction === "forward") return Promise.all([weights(layer, at)]);
    const above = taker(index, at);
    const unit = at.at(-1);
    return Promise.all([
      above ? weights(above.layer, above.at) : {},
      getGradients(trace.key, layer.name, { unit }),
      penalized(layer) && state.logit === null ? getWeights(layer.name, { unit, epoch }) : null,
    ]);
  }

  const asMaps = (index) => {
    const from = index ? mapsOf(layers, index - 1) : null;
    return from && from[0] * from[1] > 1 && layers[index].input_shape.length === 1 ? { unflattened: from } : {};
  };

  /** A part of what is shown: {element, step}, of an arithmetic; {element} alone, of words. */
  const shown = (step, index, from) => ({ step, element: showStep(step, model, index, room, from) });
  const note = (text) => ({ element: make("p", { className: "note" }, text) });

  async function forwards(index) {
    const layer = layers[index];
    const [weights] = await ask(index, state.at, "forward");
    const tensors = trace.of(index);
    const steps = forward(layer, state.at, tensors, weights, asMaps(index));
    if (index === layers.length - 1 && trace.loss !== undefined && known(layer, model.loss)) {
      steps.push(lossOf(layer, tensors, model.loss, trace.label));
    }
    return steps.map((step) => shown(step, index));
  }

  /** How the gradient by this number came from the layer above, and where it goes on to. */
  async function backwards(index) {
    if (!trace.backward) return [note("No gradients have been asked for yet.")];
    const [weights, gradients, own] = await ask(index, state.at, "backward");
    const parts = [];
    const above = taker(index, state.at);
    if (above) {
      const { layer, at } = above;
      const steps = backward(layer, at, trace.of(index + 1), weights, asMaps(index + 1));
      const begin = !steps.length && index + 1 === layers.length - 1 ? gradientOfSum(index + 1, at) : null;
      parts.push(...[...steps, begin].filter(Boolean).map((step) => shown(step, index, layer)));
    }
    const sum = gradientOfSum(index);
    if (sum) parts.push(shown(sum, index));
    else if (index === layers.length - 1 && !trace.get(index, "dz"))
      parts.push(
        note(`The arithmetic of ${name(model.loss)} isn't written out here: what it gives is the gradient above.`),
      );
    if (gradients.size) parts.push(gradientOfWeight(index, gradients, own));
    return parts;
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

  /** The gradient of one weight that takes part in this number, summed over all positions; weights: see `ask`. */
  function gradientOfWeight(index, gradients, weights) {
    const layer = layers[index];
    const unit = state.at.at(-1);
    const names = [...gradients.keys()];
    const mine = weight?.layer === layer.name && names.includes(weight.name);
    const chosen = mine ? weight.name : names[0];
    const own = gradients.get(chosen);
    const at = mine && inside(weight.at, own.shape) ? weight.at : unravel(strongest(own.data), own.shape);
    const take = (changes) => {
      weight = { layer: layer.name, name: chosen, at, ...changes };
      update(trace);
    };
    const place = ofUnit(layer, chosen, at, unit);
    const spread = (tensor) => alone(tensor, place.length);
    const all = weights && Object.fromEntries([...weights].map(([key, tensor]) => [key, spread(tensor)]));
    const { step, element } = shown(weightGradient(layer, chosen, place, trace.of(index), spread(own), all), index);
    const axes = own.shape.length === 1 ? ["input"] : ["row", "column", "channel"];
    return {
      step,
      element: make(
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
            (one) => take({ name: one, at: null }),
          ),
          ...own.shape.map((size, axis) =>
            whole(axes[axis], at[axis], size - 1, (i) => take({ at: at.with(axis, i) }), {
              "data-focus": `axis${axis}`,
            }),
          ),
        ),
        element,
      ),
    };
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
    /** Ask for what a number will take, while the pointer is still being pressed on it. */
    prepare(index, at) {
      const direction = state.view === "gradients" ? "backward" : "forward";
      if (direction === "forward" || trace?.backward) ask(index, at, direction).catch(() => {}); // told once chosen
    },
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
