/** What a colour says: the table from end to end, zero in its middle, and how much lies beyond. */

import { css, lut } from "./colours.js";
import { make } from "./dom.js";
import { percent, short } from "./numbers.js";
import { themed } from "./theme.js";

const STEPS = 33;

/** @param {number} limit the number of the last colour @param {'values'|'gradients'|'grey'} kind
 * @param {{clipped?: number, bad?: number}} beyond share of numbers that are larger, and how many are none */
export function legend(limit, kind, { clipped = 0, bad = 0 } = {}) {
  const bar = make("span", { className: "bar" });
  themed(bar, () => {
    const stops = Array.from({ length: STEPS }, (_, i) => css(lut(kind), Math.round((255 * i) / (STEPS - 1))));
    bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
  });
  const ends = kind === "grey" ? ["0", short(limit)] : [`−${short(limit)}`, "0", `+${short(limit)}`];
  return make(
    "div",
    { className: "legend" },
    bar,
    make("span", { className: "ends" }, ...ends.map((text) => make("span", {}, text))),
    clipped > 0 && make("span", { className: "note" }, `${percent(clipped)} beyond`),
    bad > 0 && make("span", { className: "note bad" }, `${bad} NaN or ∞, hatched`),
  );
}

/** How many numbers are beyond the limit, and how many are none. @param {ArrayLike<number>} data */
export function beyond(data, limit) {
  let clipped = 0;
  let bad = 0;
  for (let k = 0; k < data.length; k++) {
    const value = data[k];
    if (value - value !== 0) bad++;
    else if (Math.abs(value) > limit) clipped++;
  }
  return { clipped: data.length ? clipped / data.length : 0, bad };
}
