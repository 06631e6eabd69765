// @ts-check
/** Softmax along the last axis, p[k] = exp z[k] / Σ_j exp z[j]. */
import { element, factor, range, step, term, traced } from "./step.js";
import { number, rounded } from "./tensor.js";

/** Each class's z, z − max (in z's dtype, as the layer subtracts), exp and p, and what the exps come to. */
export function exps(z, rest) {
  const K = z.shape[z.shape.length - 1];
  const values = range(K).map((k) => number(z, [...rest, k]));
  const max = Math.max(...values);
  const shifts = values.map((value) => rounded(z, value - max));
  const sum = shifts.reduce((total, shift) => total + Math.exp(shift), 0);
  const classes = values.map((value, k) => ({
    k,
    z: value,
    shift: shifts[k],
    exp: Math.exp(shifts[k]),
    p: Math.exp(shifts[k]) / sum,
  }));
  return { max, sum, classes };
}

export function softmax(at, { z, y }) {
  const [rest, k] = [at.slice(0, -1), at[at.length - 1]];
  const { max, sum, classes } = exps(z, rest);
  return step({
    title: `The probability of ${k}`,
    formula: "p[k] = exp(z[k] − max z) / Σ_j exp(z[j] − max z)",
    terms: [term([factor(`exp(z[${k}]−max)`, classes[k].exp), factor("1/Σexp", 1 / sum)])],
    traced: traced(y, at),
    exps: { max, sum, classes },
  });
}

/** From a gradient by the probabilities. The terms of k itself cancel where it has nearly all. */
export function softmaxGradient(at, { y, dy, dz }) {
  const [rest, k] = [at.slice(0, -1), at[at.length - 1]];
  const own = element("y", y, at);
  const others = range(y.shape[y.shape.length - 1]).map((j) => {
    const weight = element("dy", dy, [...rest, j]);
    return term([factor(`−${own.name}`, -own.value), weight, element("y", y, [...rest, j])]);
  });
  return step({
    title: `The gradient by z[${k}]`,
    formula: "dz[k] = y[k]·(dy[k] − Σ_j dy[j]·y[j])",
    terms: [term([own, element("dy", dy, at)]), ...others],
    traced: traced(dz, at),
  });
}
