// @ts-check
/** Where the way back begins: a loss of one image, or one logit. */
import { element, factor, range, step, term, traced } from "./step.js";
import { exps } from "./softmax.js";
import { number } from "./tensor.js";

/** The losses written out here, by Keras's names; a model's loss comes as a name, or as a class and its options. */
const CROSSENTROPIES = [
  "categorical_crossentropy",
  "CategoricalCrossentropy",
  "sparse_categorical_crossentropy",
  "SparseCategoricalCrossentropy",
];

/** t: 1 for the label, 0 for the others; label smoothing brings them nearer. */
function targets(loss, label, K) {
  const s = loss?.config?.label_smoothing ?? 0;
  return range(K).map((k) => (k === label ? 1 : 0) * (1 - s) + s / K);
}

/** Whether this loss and this last layer are softmax and cross-entropy, which go back as one. */
export const known = (layer, loss) =>
  CROSSENTROPIES.includes(loss?.class_name ?? loss) &&
  (layer.activation === "softmax" || (layer.activation === "linear" && loss?.config?.from_logits === true));

/** −Σ_k t[k]·log p[k], as log Σ exp(z − max) − Σ t·(z − max), which needs no p. */
export function lossOf(layer, tensors, loss, label) {
  const z = logits(layer, tensors);
  const { max, sum, classes } = exps(z, []);
  const t = targets(loss, label, classes.length);
  const terms = classes
    .filter(({ k }) => t[k] !== 0)
    .map(({ k, shift }) => term([factor(`−t[${k}]`, -t[k]), factor(`(z[${k}]−max)`, shift)]));
  return step({
    title: `The loss where ${label} is true`,
    formula: "loss = −Σ_k t[k]·log p[k] = log Σ_j exp(z[j] − max z) − Σ_k t[k]·(z[k] − max z)",
    terms,
    constant: { ...factor("log Σexp", Math.log(sum)), scale: 1 }, // what rounds Σexp ≥ 1 shifts its logarithm as much
    traced: traced(tensors.loss, []),
    exps: { max, sum, classes },
    p: classes[label].p,
  });
}

/** dz[k], of a loss p[k] − t[k], of a logit 1 there and 0 elsewhere. how: {loss, label} or {logit}. */
export function outputGradient(layer, [k], tensors, { loss, label = undefined, logit = undefined }) {
  const gradient = layer.activation === "linear" ? (tensors.dy ?? tensors.dz) : tensors.dz;
  if (logit !== undefined) {
    return step({
      title: `The way back begins at logit ${logit}`,
      formula: `dz[k] = 1 where k = ${logit}, else 0`,
      terms: [term([factor(k === logit ? "this logit" : "another logit", k === logit ? 1 : 0)])],
      traced: traced(gradient, [k]),
    });
  }
  const z = logits(layer, tensors);
  const { max, sum, classes } = exps(z, []);
  const t = targets(loss, label, classes.length)[k];
  return step({
    title: `The gradient by z[${k}]: probability less target`,
    formula: "dz[k] = p[k] − t[k]",
    terms: [term([factor(`p[${k}]`, classes[k].p)]), term([factor(`−t[${k}]`, -t)])],
    traced: traced(gradient, [k]),
    exps: { max, sum, classes },
    t,
  });
}

/** What softmax takes: z, the input of a Softmax layer, or the answer of a layer without an activation. */
const logits = (layer, { x, z, y }) => z ?? (layer.activation === "softmax" ? x : y);
