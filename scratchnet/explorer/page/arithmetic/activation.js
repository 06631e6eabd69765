// @ts-check
/** Activations that take each number alone: y = a(z), and dz from dy, with TensorFlow's slopes at the kinks. */
import { erf } from "./erf.js";
import { element, factor, step, term, traced } from "./step.js";
import { number } from "./tensor.js";

const SLOPE = Math.fround(0.2); // of leaky_relu, which TensorFlow keeps in 32 bits
const ROOT_HALF = Math.fround(Math.sqrt(0.5)); // of gelu, likewise

/** 1 / (1 + exp −z): of its two forms, the one whose exp doesn't overflow. @param {number} z */
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

const gate = (slope) => factor("slope", slope);
const half = factor("½", 0.5);

/**
 * By name: y and dz as lists of terms, each a list of factors, and `slope` for those that are gates.
 * Where an answer is a difference, its terms are those that cancel.
 */
const FORMULAS = {
  linear: { formula: "y = z", formulaBack: "dz = dy", y: (z) => [[z]], dz: (dy) => [[dy]] },
  relu: {
    formula: "y = max(z, 0)",
    formulaBack: "dz = dy where y > 0, else 0",
    slope: (y) => (y > 0 ? 1 : 0),
    y: (z) => [[z, gate(z.value > 0 ? 1 : 0)]],
    dz: (dy, z, y) => [[dy, gate(y.value > 0 ? 1 : 0)]],
  },
  leaky_relu: {
    formula: "y = z where z > 0, else 0.2·z",
    formulaBack: "dz = dy where y > 0, else 0.2·dy",
    slope: (y) => (y > 0 ? 1 : SLOPE),
    y: (z) => [[z, gate(z.value > 0 ? 1 : SLOPE)]],
    dz: (dy, z, y) => [[dy, gate(y.value > 0 ? 1 : SLOPE)]],
  },
  elu: {
    formula: "y = exp(z) − 1 where z < 0, else z",
    formulaBack: "dz = dy·(y + 1) where y < 0, else dy",
    slope: (y) => (y < 0 ? y + 1 : 1),
    y: (z) => [[z.value < 0 ? factor(`exp(${z.name})−1`, Math.expm1(z.value)) : z]],
    dz: (dy, z, y) => [[dy, y.value < 0 ? factor("y+1", y.value + 1) : gate(1)]],
  },
  sigmoid: {
    formula: "y = 1 / (1 + exp(−z))",
    formulaBack: "dz = dy·y·(1 − y)",
    y: (z) => [[factor(`sigmoid(${z.name})`, sigmoid(z.value))]],
    dz: (dy, z, y) => [[dy, y, factor("1−y", 1 - y.value)]],
  },
  tanh: {
    formula: "y = tanh(z)",
    formulaBack: "dz = dy − dy·y·y",
    y: (z) => [[factor(`tanh(${z.name})`, Math.tanh(z.value))]],
    dz: (dy, z, y) => [[dy], [minus(dy), y, y]],
  },
  gelu: {
    formula: "y = z·Φ(z) = ½z + ½z·erf(z/√2)",
    formulaBack: "dz = dy·(Φ(z) + z·φ(z)), Φ(z) = ½ + ½·erf(z/√2)",
    y: (z) => [
      [half, z],
      [half, z, erfOf(z)],
    ],
    dz: (dy, z) => [
      [half, dy],
      [half, dy, erfOf(z)],
      [dy, z, factor("φ(z)", density(z.value))],
    ],
  },
  silu: {
    formula: "y = z·σ(z), σ(z) = 1 / (1 + exp(−z))",
    formulaBack: "dz = dy·σ(z) + dy·z·σ(z)·(1 − σ(z))",
    y: (z) => [[z, factor("σ(z)", sigmoid(z.value))]],
    dz(dy, z) {
      const s = sigmoid(z.value);
      return [
        [dy, factor("σ(z)", s)],
        [dy, z, factor("σ(z)", s), factor("1−σ(z)", 1 - s)],
      ];
    },
  },
};

const minus = ({ name, value }) => factor(`−${name}`, -value);
const erfOf = (z) => factor("erf(z/√2)", erf(z.value * ROOT_HALF));
const density = (z) => Math.exp(-((z * ROOT_HALF) ** 2)) * (ROOT_HALF / Math.sqrt(Math.PI));

/** How y[at] came of z[at]; name: what the view calls z. */
export function activate(activation, at, { z, y }, name = "z") {
  const rule = FORMULAS[activation];
  const input = element(name, z, at);
  const answer = number(y, at);
  return step({
    title: `${activation} of one number`,
    formula: rule.formula,
    terms: rule.y(input).map((factors) => term(factors)),
    traced: answer,
    ...gateOf(rule, input.value, answer),
  });
}

/** How dz[at] came of dy[at]. */
export function activationGradient(activation, at, { z, y, dy, dz }, name = "z") {
  const rule = FORMULAS[activation];
  const [input, answer] = [element(name, z, at), element("y", y, at)];
  return step({
    title: `${activation} on the way back`,
    formula: rule.formulaBack,
    terms: rule.dz(element("dy", dy, at), input, answer).map((factors) => term(factors)),
    traced: traced(dz, at),
    ...gateOf(rule, input.value, answer.value),
  });
}

function gateOf(rule, z, y) {
  if (!rule.slope) return {};
  const slope = rule.slope(y);
  return { gate: { z, open: slope === 1, slope } };
}
