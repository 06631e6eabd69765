// @ts-check
/** Dropout of numbers or whole channels, by the mask that the trace has. */
import { element, factor, step, term, traced } from "./step.js";
import { number } from "./tensor.js";

/** 1/(1 − rate) where the mask kept the number, 0 where it didn't; without a mask all pass unchanged. */
function dropped(layer, keep, at, value, answer, title, formula) {
  if (!keep) {
    return step({
      title: "Nothing is dropped: not in training",
      formula: formula.unchanged,
      terms: [term([value])],
      traced: answer,
      mask: null,
    });
  }
  const { rate } = layer.options;
  const kept = number(keep, keep.shape.length === at.length ? at : [at[at.length - 1]]) !== 0;
  const scale = kept ? factor(`1/(1−${rate})`, 1 / (1 - rate)) : factor("dropped", 0);
  return step({
    title: `${title} ${kept ? "kept" : "dropped"}`,
    formula: formula.training,
    terms: [term([value, scale])],
    traced: answer,
    mask: { kept, rate, scale: scale.value },
  });
}

/** A mask of all numbers, or of all channels. */
export const Dropout = {
  forward: (layer, at, { x, y, keep }) =>
    dropped(layer, keep, at, element("x", x, at), traced(y, at), "The number is", {
      training: "y = x / (1 − rate) where kept, else 0",
      unchanged: "y = x",
    }),
  backward: (layer, at, { dy, dx, keep }) =>
    dropped(layer, keep, at, element("dy", dy, at), traced(dx, at), "The gradient is", {
      training: "dx = dy / (1 − rate) where kept, else 0",
      unchanged: "dx = dy",
    }),
};
