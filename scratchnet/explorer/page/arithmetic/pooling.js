// @ts-check
/** Poolings: the largest number or the mean, of each window or of the whole image. */
import { element, factor, step, term, tiles, traced } from "./step.js";
import { indices, number } from "./tensor.js";
import { onImage, pixelFactor, pixelOf, windowsOf, windowsOn } from "./windows.js";

/** The places of window (i, j), row by row: [u, v, p, q]. */
const placesOf = ([rows, columns], i, j) =>
  indices([rows.size, columns.size]).map(([u, v]) => [u, v, pixelOf(rows, i, u), pixelOf(columns, j, v)]);

/** The windows on pixel (p, q): [i, j, u, v]. */
const windowsAt = ([rows, columns], p, q) =>
  windowsOn(rows, p).flatMap(([i, u]) => windowsOn(columns, q).map(([j, v]) => [i, j, u, v]));

/** The winner is the trace's, the first of the largest; candidates has all, −∞ where there is no image. */
export const MaxPooling2D = {
  forward(layer, [i, j, c], tensors) {
    const windows = windowsOf(layer);
    const winner = number(tensors.winner, [i, j, c]);
    const candidates = placesOf(windows, i, j).map(([u, v, p, q], place) => {
      const { name, value, padding } = pixelFactor(windows, tensors.x, p, q, c, -Infinity);
      return { name, value, padding, place: [u, v], won: place === winner };
    });
    return step({
      title: `The largest of the window at (${i}, ${j})`,
      formula: "y[i,j,c] = max_uv x[i·SH+u,j·SW+v,c]",
      terms: candidates.filter((each) => each.won).map(({ name, value }) => term([factor(name, value)])),
      traced: traced(tensors.y, [i, j, c]),
      winner,
      candidates,
    });
  },

  backward(layer, [p, q, c], tensors) {
    const windows = windowsOf(layer);
    const terms = windowsAt(windows, p, q).map(([i, j, u, v]) => {
      const won = number(tensors.winner, [i, j, c]) === u * windows[1].size + v;
      return term([element("dy", tensors.dy, [i, j, c]), factor(won ? "won" : "lost", Number(won))], { won });
    });
    return step({
      title: `What the windows that pixel (${p}, ${q}) has won send back`,
      formula: "dx[p,q,c] = Σ dy[i,j,c], over all windows (i,j) whose winner is (p,q)",
      terms,
      groups: tiles(terms, ["windows"], windowsOn(windows[0], p).length, windowsOn(windows[1], q).length),
      traced: traced(tensors.dx, [p, q, c]),
    });
  },
};

/** 1/P: by how many of the window's pixels lie on the image. */
function share(windows, i, j) {
  const pixels = placesOf(windows, i, j).filter(([, , p, q]) => onImage(windows, p, q)).length;
  return factor(`1/${pixels}`, 1 / pixels);
}

export const AveragePooling2D = {
  forward(layer, [i, j, c], tensors) {
    const windows = windowsOf(layer);
    const terms = placesOf(windows, i, j).map(([, , p, q]) =>
      term([pixelFactor(windows, tensors.x, p, q, c), share(windows, i, j)]),
    );
    return step({
      title: `The mean of the window at (${i}, ${j})`,
      formula: "y[i,j,c] = Σ_uv x[i·SH+u,j·SW+v,c] / P[i,j], P of the window's pixels on the image",
      terms,
      groups: tiles(terms, ["window"], windows[0].size, windows[1].size),
      traced: traced(tensors.y, [i, j, c]),
    });
  },

  backward(layer, [p, q, c], tensors) {
    const windows = windowsOf(layer);
    const terms = windowsAt(windows, p, q).map(([i, j]) =>
      term([element("dy", tensors.dy, [i, j, c]), share(windows, i, j)]),
    );
    return step({
      title: `What all windows on pixel (${p}, ${q}) send back`,
      formula: "dx[p,q,c] = Σ dy[i,j,c] / P[i,j], over all windows (i,j) that hold (p,q)",
      terms,
      groups: tiles(terms, ["windows"], windowsOn(windows[0], p).length, windowsOn(windows[1], q).length),
      traced: traced(tensors.dx, [p, q, c]),
    });
  },
};

/** Channel c of y, with keepdims or without. */
const channelOf = (layer, c) => (layer.options.keepdims ? [0, 0, c] : [c]);

export const GlobalAveragePooling2D = {
  forward(layer, at, tensors) {
    const [H, W] = layer.input_shape;
    const c = at[at.length - 1];
    const mean = factor(`1/${H * W}`, 1 / (H * W));
    const terms = indices([H, W]).map(([p, q]) => term([element("x", tensors.x, [p, q, c]), mean]));
    return step({
      title: `The mean of channel ${c}`,
      formula: "y[c] = Σ_pq x[p,q,c] / (H·W)",
      terms,
      groups: tiles(terms, [`channel ${c}`], H, W),
      traced: traced(tensors.y, at),
    });
  },

  backward(layer, [p, q, c], tensors) {
    const pixels = layer.input_shape[0] * layer.input_shape[1];
    return step({
      title: `An equal share for each pixel of channel ${c}`,
      formula: "dx[p,q,c] = dy[c] / (H·W)",
      terms: [term([element("dy", tensors.dy, channelOf(layer, c)), factor(`1/${pixels}`, 1 / pixels)])],
      traced: traced(tensors.dx, [p, q, c]),
    });
  },
};

/** The pixels of channel c as large as its largest. */
const winnersOf = (layer, x, c, largest) =>
  indices(layer.input_shape.slice(0, 2)).filter(([p, q]) => number(x, [p, q, c]) === largest);

/** Backward, the pixels that share the largest number share the gradient. */
export const GlobalMaxPooling2D = {
  forward(layer, at, tensors) {
    const c = at[at.length - 1];
    const candidates = indices(layer.input_shape.slice(0, 2)).map(([p, q]) => element("x", tensors.x, [p, q, c]));
    const largest = Math.max(...candidates.map((each) => each.value));
    const winners = winnersOf(layer, tensors.x, c, largest);
    return step({
      title: `The largest of channel ${c}`,
      formula: "y[c] = max_pq x[p,q,c]",
      terms: winners.slice(0, 1).map(([p, q]) => term([element("x", tensors.x, [p, q, c])])),
      traced: traced(tensors.y, at),
      winners,
      candidates: candidates.map(({ name, value }) => ({ name, value, won: value === largest })),
    });
  },

  backward(layer, [p, q, c], tensors) {
    const largest = number(tensors.y, channelOf(layer, c));
    const winners = winnersOf(layer, tensors.x, c, largest);
    const won = number(tensors.x, [p, q, c]) === largest;
    const share = won ? factor(`1/${winners.length}`, 1 / winners.length) : factor("lost", 0);
    return step({
      title: `To the largest of channel ${c}, in equal shares`,
      formula: "dx[p,q,c] = dy[c] / (how many are largest) where x[p,q,c] = y[c], else 0",
      terms: [term([element("dy", tensors.dy, channelOf(layer, c)), share], { won })],
      traced: traced(tensors.dx, [p, q, c]),
      winners,
    });
  },
};
