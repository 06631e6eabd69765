// @ts-check
/** The same numbers in another shape, or with zeros around them. */
import { element, step, term, traced } from "./step.js";
import { ravel, unravel } from "./tensor.js";

/** The same number at the same place in row-major order. */
export const Reshape = {
  forward(layer, at, { x, y }) {
    const from = unravel(ravel(at, layer.output_shape), layer.input_shape);
    const terms = [term([element("x", x, from)])];
    return step({
      title: "The same number in another place",
      formula: layer.kind === "Flatten" ? "y[(i·W+j)·C+c] = x[i,j,c]" : "y has the numbers of x, row by row",
      terms,
      traced: traced(y, at),
      from,
    });
  },
  backward(layer, at, { dy, dx }) {
    const from = unravel(ravel(at, layer.input_shape), layer.output_shape);
    const terms = [term([element("dy", dy, from)])];
    return step({
      title: "The same number in another place",
      formula: layer.kind === "Flatten" ? "dx[i,j,c] = dy[(i·W+j)·C+c]" : "dx has the numbers of dy, row by row",
      terms,
      traced: traced(dx, at),
      from,
    });
  },
};

export const ZeroPadding2D = {
  forward(layer, [i, j, c], { x, y }) {
    const [[top], [left]] = layer.padding;
    const [H, W] = layer.input_shape;
    const [p, q] = [i - top, j - left];
    const inside = p >= 0 && p < H && q >= 0 && q < W;
    const terms = inside ? [term([element("x", x, [p, q, c])])] : [];
    return step({
      title: inside ? "A pixel of the image" : "A zero beside the image",
      formula: "y[i+T,j+L,c] = x[i,j,c], and zeros around it",
      terms,
      traced: traced(y, [i, j, c]),
    });
  },
  backward(layer, [p, q, c], { dy, dx }) {
    const [[top], [left]] = layer.padding;
    const terms = [term([element("dy", dy, [p + top, q + left, c])])];
    return step({
      title: "The gradient of the pixel, without its surroundings",
      formula: "dx[i,j,c] = dy[i+T,j+L,c]",
      terms,
      traced: traced(dx, [p, q, c]),
    });
  },
};
