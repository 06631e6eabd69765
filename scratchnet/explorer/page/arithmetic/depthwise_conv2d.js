// @ts-check
/** DepthwiseConv2D: z[i,j,c·M+m] = b[c·M+m] + Σ_uv x[i·SH+u·DH,j·SW+v·DW,c]·w[u,v,c,m] */
import { biasGradient, biasOf } from "./conv2d.js";
import { element, indexed, range, step, term, tiles, traced } from "./step.js";
import { indices, number, sumGradient, sumGradientName, sumName, sumOf } from "./tensor.js";
import { pixelFactor, pixelOf, windowsOf, windowsOn } from "./windows.js";

/** Forward one filter alone; backward those of a channel, out of all. */
export const needs = (layer, at, direction) => (direction === "forward" ? { unit: at[2] } : {});

/** w[u,v,c,m], out of all filters or of this one alone. */
function weight(kernel, u, v, c, m) {
  const value = number(kernel, kernel.shape.length === 4 ? [u, v, c, m] : [u, v]);
  return indexed("w", [u, v, c, m], value);
}

const multiplier = (layer) => layer.options.depth_multiplier;

export function forward(layer, [i, j, f], tensors, weights) {
  const windows = windowsOf(layer);
  const [rows, columns] = windows;
  const [c, m] = [Math.floor(f / multiplier(layer)), f % multiplier(layer)];
  const terms = indices([rows.size, columns.size]).map(([u, v]) => {
    const x = pixelFactor(windows, tensors.x, pixelOf(rows, i, u), pixelOf(columns, j, v), c);
    return term([x, weight(weights.kernel, u, v, c, m)]);
  });
  return step({
    title: `Filter ${m} of channel ${c} on the window at (${i}, ${j})`,
    formula: `${sumName(layer)}[i,j,c·M+m] = b[c·M+m] + Σ_uv x[i·SH+u·DH,j·SW+v·DW,c]·w[u,v,c,m]`,
    terms,
    constant: biasOf(weights.bias, f),
    groups: tiles(terms, [`channel ${c}`], rows.size, columns.size),
    traced: traced(sumOf(layer, tensors), [i, j, f]),
  });
}

export function backward(layer, [p, q, c], tensors, weights) {
  const [rows, columns] = windowsOf(layer);
  const [above, beside] = [windowsOn(rows, p), windowsOn(columns, q)];
  const [dz, name, M] = [sumGradient(layer, tensors), sumGradientName(layer), multiplier(layer)];
  const terms = [];
  for (const m of range(M)) {
    for (const [i, u] of above) {
      for (const [j, v] of beside) {
        terms.push(term([element(name, dz, [i, j, c * M + m]), weight(weights.kernel, u, v, c, m)]));
      }
    }
  }
  return step({
    title: `What all windows on pixel (${p}, ${q}) of channel ${c} send back`,
    formula: `dx[p,q,c] = Σ ${name}[i,j,c·M+m]·w[u,v,c,m], over m and all (i,j,u,v) whose pixel is (p,q)`,
    terms,
    groups: tiles(
      terms,
      range(M).map((m) => `filter ${m}`),
      above.length,
      beside.length,
    ),
    traced: traced(tensors.dx, [p, q, c]),
  });
}

export const weightGradient = {
  kernel(layer, [u, v, c, m], tensors) {
    const windows = windowsOf(layer);
    const [rows, columns] = windows;
    const [dz, name] = [sumGradient(layer, tensors), sumGradientName(layer)];
    const terms = indices([rows.count, columns.count]).map(([i, j]) => {
      const x = pixelFactor(windows, tensors.x, pixelOf(rows, i, u), pixelOf(columns, j, v), c);
      return term([x, element(name, dz, [i, j, c * multiplier(layer) + m])]);
    });
    return { formula: `dw[u,v,c,m] = Σ_ij x[i·SH+u·DH,j·SW+v·DW,c]·${name}[i,j,c·M+m]`, terms };
  },
  bias: biasGradient,
};
