/** Any tensor as a table of numbers, a map at a time: for those who don't see colours, and to copy all digits. */

import { fill, make, whole } from "./dom.js";
import { exact, short } from "./numbers.js";

const dialog = document.getElementById("dialog");

/** @param {string} title @param {ArrayLike<number>} data @param {number[]} maps (H, W, C) @param {number} c which map */
export function showTable(title, data, [H, W, C], c, dtype) {
  const row = H * W === 1;
  const value = (i, j) => data[row ? j : (i * W + j) * C + c];
  const [rows, columns] = row ? [1, C] : [H, W];
  const text = () =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => exact(value(i, j), dtype)).join("\t"),
    ).join("\n");
  const chooser = whole("Map", c, C - 1, (other) => showTable(title, data, [H, W, C], other, dtype));
  const body = Array.from({ length: rows }, (_, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, row ? "" : String(i)),
      ...Array.from({ length: columns }, (_, j) => make("td", {}, short(value(i, j)))),
    ),
  );
  fill(
    dialog,
    make("h2", { id: "dialog-title" }, title),
    make(
      "div",
      { className: "row" },
      row ? null : chooser,
      make("button", { type: "button", onclick: () => navigator.clipboard.writeText(text()) }, "Copy all digits"),
      make("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": title },
      make(
        "table",
        {},
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            make("td", {}),
            ...Array.from({ length: columns }, (_, j) => make("th", { scope: "col" }, String(j))),
          ),
        ),
        make("tbody", {}, ...body),
      ),
    ),
  );
  if (!dialog.open) dialog.showModal();
}
