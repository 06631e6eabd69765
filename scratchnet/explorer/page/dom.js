/** Elements in one line each. */

/** @param {string} tag @param {Object} properties, of which on… are listeners, aria-… and data-… attributes
 * @param {...(Node|string|null|undefined|false)} children */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for" || name === "colspan")
      element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...present(children));
  return element;
}

const present = (children) => children.filter((child) => child !== null && child !== undefined && child !== false);

/** Put children in place of what an element has. What is called as what had the focus has it then. */
export function fill(element, ...children) {
  const before = element.contains(document.activeElement) ? document.activeElement : null;
  const name = before && called(before);
  element.replaceChildren(...present(children));
  if (!before) return;
  const after = element.contains(before)
    ? before
    : [...element.querySelectorAll(before.tagName)].find((other) => called(other) === name);
  after?.focus({ preventScroll: true });
}

const called = (element) =>
  element.dataset.focus ??
  element.dataset.scrub ??
  element.getAttribute("aria-label") ??
  [...(element.labels?.[0] ?? element).childNodes].map((node) => node.nodeName === "#text" && node.data).join();

/** A group of buttons of which one is pressed. @param {string} label @param {[any, string][]} options */
export function choice(label, options, chosen, onchoose) {
  return make(
    "div",
    { className: "choice", role: "group", "aria-label": label },
    ...options.map(([value, text]) =>
      make(
        "button",
        { type: "button", "aria-pressed": String(value === chosen), onclick: () => onchoose(value) },
        text,
      ),
    ),
  );
}

/** A list to choose from, with its label. @param {[any, string][]} options */
export function select(label, options, chosen, onchoose) {
  const list = make(
    "select",
    { onchange: () => onchoose(options[list.selectedIndex][0]) },
    ...options.map(([value, text]) => make("option", { selected: value === chosen }, text)),
  );
  return make("label", { className: "field" }, `${label} `, list);
}

/** A box to tick, with its label. */
export const tick = (label, checked, onchoose) =>
  make(
    "label",
    { className: "field" },
    make("input", { type: "checkbox", checked, onchange: (event) => onchoose(event.target.checked) }),
    ` ${label}`,
  );

/** A whole number from 0 to `most`, with its label; properties: of the input, besides. */
export function whole(label, value, most, onchoose, properties = {}) {
  const within = (input) => Math.max(0, Math.min(most, Math.round(Number(input.value)) || 0));
  const onchange = (event) => onchoose(within(event.target));
  return make(
    "label",
    { className: "field" },
    `${label} `,
    make("input", { type: "number", min: 0, max: most, value, onchange, ...properties }),
  );
}

/** A bar as long as its share of its place, in another colour below 0. @param {number} share at most 1 is shown */
export function bar(share) {
  const element = make("span", { className: share < 0 ? "share against" : "share" });
  element.style.width = `${100 * Math.min(1, Math.abs(share))}%`;
  return element;
}

/** A line of a shape that reads itself out, when it changes, to those who don't see it. */
const live = document.getElementById("live");
export const say = (text) => {
  live.textContent = text;
};

/** A drawing of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
