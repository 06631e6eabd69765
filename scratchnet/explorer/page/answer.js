/** What the network answers: a bar for each class, and what gradients are of. */

import { bar, fill, make, select } from "./dom.js";
import { percent, short } from "./numbers.js";
import { choose, state } from "./state.js";

export function answerView(section, model) {
  const body = section.querySelector(".body");
  const classes = Array.from({ length: model.classes }, (_, k) => k);
  let shown; // the trace

  function update(trace) {
    if (trace === shown) return;
    shown = trace;
    if (!trace) {
      fill(body, make("p", { className: "note" }, "Nothing is drawn yet."));
      return;
    }
    const p = [...trace.output.data];
    const probabilities = p.every((value) => value >= 0 && value <= 1);
    const largest = Math.max(...p.map(Math.abs)) || 1;
    const labelled = state.label !== null || state.from === "test" || state.from === "reference";
    const rows = p.map((value, k) => {
      const marks = [
        k === trace.prediction && "the answer",
        k === trace.label && state.logit === null && (labelled ? "the label" : "taken as the label"),
      ].filter(Boolean);
      return make(
        "tr",
        { className: k === trace.prediction ? "best" : "" },
        make("th", { scope: "row" }, String(k)),
        make("td", { className: "bars" }, bar(Math.abs(value) / (probabilities ? 1 : largest))),
        make("td", { className: "figure", title: String(value) }, probabilities ? percent(value) : short(value)),
        make("td", { className: "marks" }, marks.join(", ")),
      );
    });
    const of = [
      ["own", labelled ? "loss of the label" : "loss of the answer"],
      ...classes.map((k) => [`label ${k}`, `loss of ${k}`]),
      ...Array.from({ length: p.length }, (_, k) => [`logit ${k}`, `logit ${k}`]),
    ].filter(([value]) => model.loss !== null || value.startsWith("logit"));
    const chosen =
      state.logit !== null ? `logit ${state.logit}` : state.label !== null ? `label ${state.label}` : "own";
    fill(
      body,
      make(
        "div",
        { className: "scroll classes", tabIndex: 0, role: "region", "aria-label": "Answer by class" },
        make("table", { className: "probabilities" }, make("tbody", {}, ...rows)),
      ),
      make("p", { className: "loss" }, trace.loss === undefined ? "" : `Loss of ${trace.label}: ${short(trace.loss)}`),
      select("Gradients of the", of, chosen, (value) => {
        const [kind, k] = value.split(" ");
        choose({ label: kind === "label" ? Number(k) : null, logit: kind === "logit" ? Number(k) : null });
      }),
    );
  }
  return { update };
}
