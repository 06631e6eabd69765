// @ts-check
/** The layers ReLU and LeakyReLU. */
import { element, factor, step, term, traced } from "./step.js";
import { number, rounded } from "./tensor.js";

/** The limit, and the slope of a mere leaky one, have 32 bits; at its kinks the slopes are TensorFlow's. */
export const ReLU = {
  forward(layer, at, { x, y }) {
    const { limit, slope, threshold } = reluNumbers(layer, x);
    const value = number(x, at);
    const above = value > threshold;
    const capped = (above ? value : slope * (value - threshold)) > limit;
    const input = element("x", x, at);
    const below = () => [
      term([factor("negative_slope", slope), input]),
      term([factor("−negative_slope", -slope), factor("threshold", threshold)]),
    ];
    const terms = capped ? [term([factor("max_value", limit)])] : above ? [term([input])] : below();
    return step({
      title: capped ? "Cut off at max_value" : above ? "Let through" : "Shut off",
      formula: "y = max_value where x ≥ max_value, x where x > threshold, else negative_slope·(x − threshold)",
      terms,
      traced: traced(y, at),
      gate: { z: value, open: above && !capped, slope: capped ? 0 : above ? 1 : slope },
    });
  },
  backward(layer, at, { x, dy, dx }) {
    const { limit, slope, threshold, leaky } = reluNumbers(layer, x);
    const value = number(x, at);
    const capped = limit === 6 && threshold === 0 ? value >= limit : value > limit;
    const open = value > threshold && !capped;
    const below = leaky ? value <= 0 : value < threshold;
    const gate = open ? 1 : below ? slope : 0;
    return step({
      title: open ? "The gate is open" : "The gate is shut",
      formula: "dx = dy·slope, 1 between threshold and max_value, negative_slope below, else 0",
      terms: [term([element("dy", dy, at), factor("slope", gate)])],
      traced: traced(dx, at),
      gate: { z: value, open, slope: gate },
    });
  },
};

function reluNumbers(layer, x) {
  const { max_value, negative_slope, threshold } = layer.options;
  const leaky = max_value === null && threshold === 0;
  const limit = max_value === null ? Infinity : Math.fround(max_value);
  return {
    limit,
    leaky,
    slope: leaky ? Math.fround(negative_slope) : rounded(x, negative_slope),
    threshold: rounded(x, threshold),
  };
}

/** The slope has 32 bits, whatever the dtype. */
export const LeakyReLU = {
  forward: (layer, at, { x, y }) =>
    leaky(layer, number(x, at), element("x", x, at), traced(y, at), "y = x where x > 0, else negative_slope·x"),
  backward: (layer, at, { x, dy, dx }) =>
    leaky(layer, number(x, at), element("dy", dy, at), traced(dx, at), "dx = dy where x > 0, else negative_slope·dy"),
};

function leaky(layer, value, passed, answer, formula) {
  const open = value > 0;
  const slope = open ? 1 : Math.fround(layer.options.negative_slope);
  return step({
    title: open ? "The gate is open" : "The gate lets a little through",
    formula,
    terms: [term([passed, factor("slope", slope)])],
    traced: answer,
    gate: { z: value, open, slope },
  });
}
