/** For a class and against another: what each unit of the last layer adds, and which pixels do. */

import { picture } from "./atlas.js";
import { largest } from "./colours.js";
import { bar, fill, make, select } from "./dom.js";
import { legend } from "./legend.js";
import { short, signed } from "./numbers.js";
import { getWeights, postTrace } from "./server.js";
import { choose, state } from "./state.js";
import { Trace } from "./trace.js";

const LISTED = 12;

/** @param {() => {options: Object, body?: Uint8Array}|null} question that the present trace was asked by */
export function evidenceView(section, model, question) {
  const body = section.querySelector(".body");
  const last = model.layers.findLastIndex((layer) => layer.kind === "Dense");
  const one =
    last >= 0 &&
    model.layers[last].output_shape[0] === model.layers.at(-1).output_shape[0] &&
    model.layers[last].output_shape.length === 1;
  const K = model.layers.at(-1).output_shape[0];
  let asked = 0;

  let shown = ""; // what was asked for last

  async function update(trace) {
    if (!trace || !trace.backward) {
      if (!trace) fill(body, make("p", { className: "note" }, "Nothing is drawn yet."));
      shown = "";
      return;
    }
    const chosen = Math.min(state.logit ?? trace.label ?? trace.prediction, K - 1);
    const rival =
      state.rival !== null && state.rival !== chosen && state.rival < K ? state.rival : rivalOf(trace, chosen);
    if (shown === `${trace.key} ${chosen} ${rival}`) return;
    shown = `${trace.key} ${chosen} ${rival}`;
    const mine = ++asked;
    try {
      const [back, weights] = await Promise.all([
        state.logit === chosen ? trace : ask(chosen),
        one ? getWeights(model.layers[last].name, { epoch: state.epoch }) : null,
      ]);
      if (mine !== asked) return;
      draw(trace, back, weights, chosen, rival);
    } catch (error) {
      shown = "";
      if (mine === asked) fill(body, make("p", { className: "note" }, error.message));
    }
  }

  /** The same image, back from a logit. */
  async function ask(logit) {
    const { options, body: image } = question();
    const { training, seed, epoch } = state;
    return new Trace(
      model.layers,
      await postTrace({ ...options, training, seed, epoch, logit, backward: true }, image),
    );
  }

  function draw(trace, back, weights, chosen, rival) {
    const against = Array.from({ length: K }, (_, k) => [k, String(k)]).filter(([k]) => k !== chosen);
    fill(
      body,
      make("p", { className: "note" }, `For logit ${chosen}: choose another under “Gradients of the”.`),
      weights &&
        K > 1 &&
        make(
          "div",
          { className: "row" },
          select("against", against, rival, (k) => choose({ rival: k })),
        ),
      make(
        "div",
        { className: "lead" },
        weights && units(trace, weights, chosen, K > 1 ? rival : null),
        pixels(back, chosen),
      ),
    );
  }

  /** h[j] · (w[j,k] − w[j,r]): what unit j adds to the lead of class k over class r */
  function units(trace, weights, k, r) {
    const h = trace.x(last);
    const w = weights.get("kernel");
    const b = weights.get("bias");
    const lead = (j) => h.data[j] * (w.at([j, k]) - (r === null ? 0 : w.at([j, r])));
    const terms = Array.from(h.data, (_, j) => ({ j, value: lead(j) })).sort(
      (a, c) => Math.abs(c.value) - Math.abs(a.value),
    );
    const bias = b ? b.data[k] - (r === null ? 0 : b.data[r]) : 0;
    const sum = terms.reduce((total, { value }) => total + value, bias);
    const most = Math.abs(terms[0]?.value) || 1;
    const rest = terms.slice(LISTED);
    const line = (name, value, how) => {
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        make("td", { className: "figure" }, signed(value)),
        make("td", { className: "bars" }, bar(value / most)),
        make("td", { className: "how" }, how),
      );
    };
    return make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": "What each unit adds" },
      make(
        "table",
        { className: "terms" },
        make(
          "caption",
          {},
          r === null
            ? `logit ${k}, unit by unit of ${model.layers[last].name}'s input`
            : `logit ${k} − logit ${r}, unit by unit of ${model.layers[last].name}'s input`,
        ),
        make(
          "tbody",
          {},
          ...terms
            .slice(0, LISTED)
            .map(({ j, value }) =>
              line(`unit ${j}`, value, `${short(h.data[j])} × ${short(value / (h.data[j] || 1))}`),
            ),
          rest.length > 0 &&
            line(
              `${rest.length} others`,
              rest.reduce((total, { value }) => total + value, 0),
              "",
            ),
          b && line("bias", bias, ""),
          make(
            "tr",
            { className: "total" },
            make("th", { scope: "row" }, "sum"),
            make("td", { className: "figure" }, signed(sum)),
            make("td", {}),
            make("td", {}),
          ),
        ),
      ),
    );
  }

  function pixels(back, k) {
    const [H, W, C] = model.input_shape;
    const [dx, x] = [back.dx(0), back.input];
    const product = Float64Array.from(dx.data, (slope, p) => slope * x.data[p]);
    const total = product.reduce((sum, value) => sum + value, 0);
    const logit = back.logits.data[k];
    const view = (data, title, note) => {
      const limit = largest(data);
      const room = { widest: 196 * C, tallest: 196, largest: 7 };
      return make(
        "figure",
        {},
        picture([H, W, C], title, room, { data, limit, kind: "gradients" }),
        make("figcaption", {}, title),
        legend(limit, "gradients"),
        make("p", { className: "note" }, note),
      );
    };
    return make(
      "div",
      { className: "pair" },
      view(dx.data, `Slope of logit ${k} by each pixel`, ""),
      view(
        product,
        "Slope × pixel",
        `sum ${short(total)} + residual of the biases ${short(logit - total)} = logit ${short(logit)}`,
      ),
    );
  }

  return { update };
}

/** The strongest other class. */
function rivalOf(trace, chosen) {
  const values = trace.logits.data;
  let best = null;
  values.forEach((value, k) => {
    if (k !== chosen && (best === null || value > values[best])) best = k;
  });
  return best;
}
