/** A step of an arithmetic on the screen: its formula, its terms as pictures and as a table, and the check. */
import { ravel, unravel } from "./arithmetic/tensor.js";
import { largest } from "./colours.js";
import { bar, make } from "./dom.js";
import { exact, grouped, short, signed } from "./numbers.js";
import { choose, state } from "./state.js";
import { tiles } from "./tiles.js";

const LISTED = 20; // terms in a table; the rest is summed
const TILES = 36; // groups of terms shown as pictures
const ROUNDING = 2e-6; // of Σ |terms|: by how much sums in float32 may differ from one in double precision

/** @param {Object} step of the arithmetic @param {Object} model @param {number} index of the layer whose number it is of
 * @param {number} room px, for pictures side by side
 * @param {Object} from the layer whose arithmetic it is: that one, or the one above */
export function showStep(step, model, index, room, from = model.layers[index]) {
  const { layers } = model;
  const place = { layers, own: index, of: layers.indexOf(from) };
  return make(
    "section",
    { className: "step", "aria-label": step.title },
    make("h4", {}, from === layers[index] ? step.title : `${step.title} (${from.name})`),
    make("code", { className: "formula" }, step.formula),
    step.gate &&
      make(
        "p",
        {},
        `z = ${short(step.gate.z)}: the gate is ${step.gate.open ? "open" : "shut"}, slope ${short(step.gate.slope)}`,
      ),
    step.exps && exponentials(step),
    step.candidates && step.candidates.length <= 25 && candidates(step),
    ...(step.groups.length > 1 ? groups(step, room) : []),
    step.terms.length > 1 || step.constant ? terms(step, place) : single(step, place),
    check(step, model.dtype),
  );
}

function single(step, place) {
  const [term] = step.terms;
  return term ? make("p", {}, ...factors(term, place), ` = ${short(term.value)}`) : make("p", {}, "nothing to add: 0");
}

function factors(term, place) {
  return term.factors.flatMap((factor, k) => [k ? " × " : "", link(factor, place)]);
}

/** A factor leads to the number it is: x to the answer of the layer below, dy and dz to that of the layer they are of. */
function link({ name, value }, { layers, own, of }) {
  const text = `${name} ${short(value)}`;
  const found = /^(x|dy|dz)\[([\d,]+)\]$/.exec(name);
  const target = found && (found[1] === "x" ? of - 1 : of);
  if (!found || !layers[target] || target === own) return make("span", { className: "factor" }, text);
  const shape = found[1] === "x" ? layers[of].input_shape : layers[of].output_shape;
  const at = unravel(ravel(found[2].split(",").map(Number), shape), layers[target].output_shape);
  return make(
    "button",
    {
      type: "button",
      className: "link",
      title: `to ${layers[target].name}`,
      onclick: () => choose({ layer: layers[target].name, at }),
    },
    text,
  );
}

function candidates(step) {
  return make(
    "table",
    { className: "terms" },
    make(
      "tbody",
      {},
      ...step.candidates.map(({ name, value, won }) =>
        make(
          "tr",
          { className: won ? "best" : "" },
          make("th", { scope: "row" }, name),
          make("td", { className: "figure" }, short(value)),
          make("td", {}, won ? "the winner" : ""),
        ),
      ),
    ),
  );
}

/** What softmax makes of each class. */
function exponentials({ title, exps: { max, sum, classes } }) {
  return make(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", "aria-label": `Softmax: ${title}` },
    make(
      "table",
      { className: "terms" },
      make("caption", { className: "note" }, `max z = ${short(max)}, Σ exp = ${short(sum)}`),
      make(
        "thead",
        {},
        make("tr", {}, ...["class", "z", "z − max", "exp", "p"].map((title) => make("th", { scope: "col" }, title))),
      ),
      make(
        "tbody",
        {},
        ...classes.map(({ k, z, shift, exp, p }) =>
          make(
            "tr",
            {},
            make("th", { scope: "row" }, String(k)),
            ...[z, shift, exp, p].map((value) => make("td", { className: "figure" }, short(value))),
          ),
        ),
      ),
    ),
  );
}

function groups(step, room) {
  const there = step.groups.filter(({ start, count }) =>
    step.terms.slice(start, start + count).some((term) => term.value !== 0),
  );
  const sorted = there.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const hidden = sorted.slice(TILES);
  const silent = step.groups.length - there.length;
  const most = largest(step.terms.map((term) => term.value));
  const kind = state.direction === "forward" ? "values" : "gradients";
  return [
    there.length > 0 && tiles(sorted.slice(0, TILES), step.terms, room, most, kind),
    silent > 0 && make("p", { className: "note" }, `${silent} add nothing: all their terms are 0`),
    hidden.length > 0 &&
      make(
        "p",
        { className: "note" },
        `and ${hidden.length} more, ${signed(hidden.reduce((total, group) => total + group.sum, 0))} together`,
      ),
  ];
}

function terms(step, place) {
  const listed = foremost(step.terms, LISTED);
  const rest = step.terms.filter((term) => !listed.includes(term));
  const most = largest([...listed, step.constant ?? { value: 0 }].map(({ value }) => value)) || 1;
  const line = (cells, value) => {
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, ...cells),
      make("td", { className: "figure" }, signed(value)),
      make("td", { className: "bars" }, bar(value / most)),
    );
  };
  return make(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", "aria-label": `Terms: ${step.title}` },
    make(
      "table",
      { className: "terms" },
      make(
        "caption",
        { className: "note" },
        `${grouped(step.terms.length)} term${step.terms.length === 1 ? "" : "s"}${rest.length ? `, the ${LISTED} largest first` : ""}`,
      ),
      make(
        "tbody",
        {},
        ...listed.map((term) => line(factors(term, place), term.value)),
        rest.length > 0 && line([`${grouped(rest.length)} others`], total(rest)),
        step.constant && line([`${step.constant.name} ${short(step.constant.value)}`], step.constant.value),
      ),
    ),
  );
}

const total = (terms) => terms.reduce((sum, { value }) => sum + value, 0);

/** The largest of all terms, largest first; what is no number comes before. Of thousands few are listed, so not all are
 * sorted. */
function foremost(terms, count) {
  const size = ({ value }) => (Number.isNaN(value) ? Infinity : Math.abs(value));
  const found = [];
  for (const term of terms) {
    const own = size(term);
    if (found.length === count && own <= size(found[count - 1])) continue;
    const place = found.findLastIndex((other) => size(other) >= own) + 1;
    found.splice(place, 0, term);
    if (found.length > count) found.pop();
  }
  return found;
}

/** Σ terms + b = …, traced …, Δ … */
function check({ terms: summed, constant, sum, traced, deviation, scale }, dtype) {
  if (traced === null) return null;
  const holds = Number.isNaN(sum) ? Number.isNaN(traced) : Math.abs(deviation) <= ROUNDING * scale;
  const left = `${summed.length > 1 ? "Σ terms" : "term"}${constant ? ` + ${constant.name.replace(/\[.*/, "")}` : ""}`;
  return make(
    "p",
    { className: holds ? "check" : "check off", title: `${exact(sum, "float64")}, ${exact(traced, dtype)}` },
    `${left} = ${short(sum)}, traced ${short(traced)}, Δ ${deviation === 0 ? "0" : short(deviation)}${holds ? " ✓" : " – more than rounding"}`,
  );
}

/** A step as text, with all digits: a term a line. */
export function digits({ title, formula, terms, constant, sum, traced }) {
  const line = (factors) => factors.map(({ name, value }) => `${name}\t${value}`).join("\t");
  const lines = [
    ...terms.map(({ factors, value }) => `${line(factors)}\t= ${value}`),
    ...(constant ? [line([constant])] : []),
  ];
  return `${[title, formula, ...lines, `sum\t${sum}\ttraced\t${traced}`].join("\n")}\n\n`;
}
