// @ts-check
/** Conv2D: z[i,j,f] = b[f] + Σ_uvc x[i·SH+u·DH,j·SW+v·DW,c]·w[u,v,c,f] */
import { element, factor, indexed, range, step, term, tiles, traced } from "./step.js";
import { indices, named, number, sumGradient, sumGradientName, sumName, sumOf } from "./tensor.js";
import { pixelFactor, pixelOf, windowsOf, windowsOn } from "./windows.js";

/** Forward filter f alone; backward all filters. */
export const needs = (layer, at, direction) => (direction === "forward" ? { unit: at[2] } : {});

/** w[u,v,c,f], out of all filters or of filter f alone. */
function weight(kernel, u, v, c, f) {
  const value = number(kernel, kernel.shape.length === 4 ? [u, v, c, f] : [u, v, c]);
  return indexed("w", [u, v, c, f], value);
}

/** b[f], out of all or alone; null where the layer has none. */
export const biasOf = (bias, f) => (bias ? factor(named("b", [f]), number(bias, bias.shape.length ? [f] : [])) : null);

export function forward(layer, [i, j, f], tensors, weights) {
  const windows = windowsOf(layer);
  const [rows, columns] = windows;
  const terms = [];
  const channels = range(layer.input_shape[2]);
  for (const c of channels) {
    for (const [u, v] of indices([rows.size, columns.size])) {
      const x = pixelFactor(windows, tensors.x, pixelOf(rows, i, u), pixelOf(columns, j, v), c);
      terms.push(term([x, weight(weights.kernel, u, v, c, f)]));
    }
  }
  return step({
    title: `Filter ${f} on the window at (${i}, ${j})`,
    formula: `${sumName(layer)}[i,j,f] = b[f] + Σ_uvc x[i·SH+u·DH,j·SW+v·DW,c]·w[u,v,c,f]`,
    terms,
    constant: biasOf(weights.bias, f),
    groups: tiles(
      terms,
      channels.map((c) => `channel ${c}`),
      rows.size,
      columns.size,
    ),
    traced: traced(sumOf(layer, tensors), [i, j, f]),
  });
}

/** The kernel comes turned round: the windows' order is the reverse of their places'. */
export function backward(layer, [p, q, c], tensors, weights) {
  const [rows, columns] = windowsOf(layer);
  const [above, beside] = [windowsOn(rows, p), windowsOn(columns, q)];
  const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
  const terms = [];
  const filters = range(layer.output_shape[2]);
  for (const f of filters) {
    for (const [i, u] of above) {
      for (const [j, v] of beside) {
        terms.push(term([element(name, dz, [i, j, f]), weight(weights.kernel, u, v, c, f)]));
      }
    }
  }
  return step({
    title: `What all windows on pixel (${p}, ${q}) send back to channel ${c}`,
    formula: `dx[p,q,c] = Σ ${name}[i,j,f]·w[u,v,c,f], over f and all (i,j,u,v) whose pixel is (p,q)`,
    terms,
    groups: tiles(
      terms,
      filters.map((f) => `filter ${f}`),
      above.length,
      beside.length,
    ),
    traced: traced(tensors.dx, [p, q, c]),
  });
}

export const weightGradient = {
  kernel(layer, [u, v, c, f], tensors) {
    const windows = windowsOf(layer);
    const [rows, columns] = windows;
    const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
    const terms = indices([rows.count, columns.count]).map(([i, j]) => {
      const x = pixelFactor(windows, tensors.x, pixelOf(rows, i, u), pixelOf(columns, j, v), c);
      return term([x, element(name, dz, [i, j, f])]);
    });
    return { formula: `dw[u,v,c,f] = Σ_ij x[i·SH+u·DH,j·SW+v·DW,c]·${name}[i,j,f]`, terms };
  },
  bias: biasGradient,
};

/** A bias is added at every position. */
export function biasGradient(layer, [f], tensors) {
  const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
  const terms = indices(dz.shape.slice(0, -1)).map((position) => term([element(name, dz, [...position, f])]));
  return { formula: `db[f] = Σ ${name}[…,f]`, terms };
}
