// @ts-check
/** BatchNormalization: y = γ·(x − μ)/√(σ²+ε) + β, for each channel; μ and σ² of this pass, or the moving ones. */
import { element, factor, step, term, traced } from "./step.js";
import { indices, named, number } from "./tensor.js";

/** All of it: a few numbers a channel. */
export const needs = () => ({});

/** γ/√(σ²+ε), and what it is made of. */
function momentsOf(layer, c, { mean, deviation }, weights) {
  const gamma = weights.gamma ? element("γ", weights.gamma, [c]) : factor("1", 1);
  return {
    gamma,
    mean: element("μ", mean, [c]),
    inverse: factor(named("1/√(σ²+ε)", [c]), 1 / number(deviation, [c])),
    moving: !ofThisPass(layer, c, mean, deviation, weights),
  };
}

/** Whether μ and σ² are this pass's own, which x moves: where the moving ones differ from those that the trace has. */
function ofThisPass(layer, c, mean, deviation, { moving_mean, moving_variance }) {
  const moving = number(moving_variance, [c]) + layer.options.epsilon;
  const near = Math.abs(number(deviation, [c]) ** 2 - moving) <= 1e-5 * moving;
  return number(mean, [c]) !== number(moving_mean, [c]) || !near;
}

export function forward(layer, at, tensors, weights) {
  const c = at[at.length - 1];
  const { gamma, mean, inverse, moving } = momentsOf(layer, c, tensors, weights);
  const x = element("x", tensors.x, at);
  return step({
    title: `Channel ${c} brought to mean 0 and variance 1, then scaled and shifted`,
    formula: "y = γ·(x − μ)/√(σ²+ε) + β",
    terms: [term([gamma, factor(`(${x.name}−${mean.name})`, x.value - mean.value), inverse])],
    constant: weights.beta ? element("β", weights.beta, [c]) : null,
    traced: traced(tensors.y, at),
    moments: { mean: mean.value, deviation: number(tensors.deviation, [c]), moving },
  });
}

/** Where x moves μ and σ², two means over the channel are taken off; each counts with the size of all it sums. */
export function backward(layer, at, tensors, weights) {
  const c = at[at.length - 1];
  const { gamma, mean, inverse, moving } = momentsOf(layer, c, tensors, weights);
  const dy = element("dy", tensors.dy, at);
  const terms = [term([gamma, inverse, dy])];
  const normal = (number(tensors.x, at) - mean.value) * inverse.value;
  const moments = { mean: mean.value, deviation: number(tensors.deviation, [c]), moving };
  if (!moving) {
    const products = channel(tensors, c, mean.value, inverse.value);
    const [first, second] = [
      meanOf(products.map((each) => each.dy)),
      meanOf(products.map((each) => each.dy * each.normal)),
    ];
    const back = Math.abs(gamma.value * inverse.value);
    terms.push(
      term([factor("−1", -1), gamma, inverse, factor("mean(dy)", first.value)], { scale: back * first.scale }),
      term([factor("−1", -1), gamma, inverse, factor("x̂", normal), factor("mean(dy·x̂)", second.value)], {
        scale: back * Math.abs(normal) * second.scale,
      }),
    );
    Object.assign(moments, { count: products.length, normal, meanDy: first.value, meanDyNormal: second.value });
  }
  return step({
    title: moving ? `Channel ${c}: μ and σ² are fixed` : `Channel ${c}: x moves μ and σ² too`,
    formula: moving ? "dx = γ/√(σ²+ε)·dy" : "dx = γ/√(σ²+ε)·(dy − mean(dy) − x̂·mean(dy·x̂))",
    terms,
    traced: traced(tensors.dx, at),
    moments,
  });
}

/** dy and x̂ of every position of a channel. */
const channel = ({ x, dy }, c, mean, inverse) =>
  indices(x.shape.slice(0, -1)).map((position) => ({
    position,
    dy: number(dy, [...position, c]),
    normal: (number(x, [...position, c]) - mean) * inverse,
  }));

/** The mean, and that of the absolute values. */
const meanOf = (values) => ({
  value: values.reduce((sum, value) => sum + value, 0) / values.length,
  scale: values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length,
});

export const weightGradient = {
  gamma(layer, [c], tensors) {
    const { mean, deviation } = tensors;
    const terms = channel(tensors, c, number(mean, [c]), 1 / number(deviation, [c])).map((each) =>
      term([
        factor(named("dy", [...each.position, c]), each.dy),
        factor(named("x̂", [...each.position, c]), each.normal),
      ]),
    );
    return { formula: "dγ[c] = Σ dy·x̂, x̂ = (x − μ)/√(σ²+ε)", terms };
  },
  beta(layer, [c], { dy }) {
    const terms = indices(dy.shape.slice(0, -1)).map((position) => term([element("dy", dy, [...position, c])]));
    return { formula: "dβ[c] = Σ dy", terms };
  },
};
