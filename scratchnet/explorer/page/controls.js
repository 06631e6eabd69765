/** What is shown, for all views. */

import { choice, fill, make, select, tick, whole } from "./dom.js";
import { choose, state } from "./state.js";

export const KEYS = [
  ["Tab", "from layer to layer"],
  ["← ↑ → ↓", "from number to number"],
  ["[ and ]", "from map to map"],
  ["Enter", "to the arithmetic of the number"],
  ["Esc", "back to its layer"],
  ["F and B", "values (forward) and gradients (backward)"],
  ["P", "pin the number, to compare it with what it becomes"],
  ["?", "this list"],
];

export function controls(element, showKeys) {
  function update() {
    fill(
      element,
      choice(
        "Values or gradients",
        [
          ["values", "Values"],
          ["gradients", "Gradients"],
        ],
        state.view,
        (view) => choose({ view, tensor: null, direction: view === "gradients" ? "backward" : "forward" }),
      ),
      select(
        "Colours to the largest of",
        [
          ["layer", "each layer"],
          ["map", "each map"],
          ["all", "all layers"],
          ["fixed", "each layer as it is now"],
        ],
        state.scale,
        (scale) => choose({ scale }),
      ),
      tick("as in training", state.training, (training) => choose({ training })),
      state.training && whole("masks of step", state.seed, 999999999, (seed) => choose({ seed })),
      make("button", { type: "button", onclick: showKeys, title: "Keys" }, "Keys ?"),
    );
  }
  update();
  return { update };
}
