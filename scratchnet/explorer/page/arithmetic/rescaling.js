// @ts-check
/** Pixels brought into the range that a network is trained on. */
import { element, factor, step, term, traced } from "./step.js";

/** Scale and offset have 32 bits, whatever the dtype, as TensorFlow casts them. */
export const Rescaling = {
  forward(layer, at, { x, y }) {
    const { scale, offset } = layer.options;
    return step({
      title: "Scaled and shifted",
      formula: "y = x·scale + offset",
      terms: [term([element("x", x, at), factor("scale", Math.fround(scale))])],
      constant: factor("offset", Math.fround(offset)),
      traced: traced(y, at),
    });
  },
  backward: (layer, at, { dy, dx }) =>
    step({
      title: "Scaled alike",
      formula: "dx = dy·scale",
      terms: [term([element("dy", dy, at), factor("scale", Math.fround(layer.options.scale))])],
      traced: traced(dx, at),
    }),
};
