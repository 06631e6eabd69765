/** Dark or light, as the system is: what has colours of its own takes the others when that changes. */

export const dark = matchMedia("(prefers-color-scheme: dark)");

const colour = new WeakMap(); // by element

/** Colour an element, now and whenever the theme is another. @param {HTMLElement} element @param {() => void} how */
export function themed(element, how) {
  element.classList.add("themed");
  colour.set(element, how);
  how();
}

dark.addEventListener("change", () => document.querySelectorAll(".themed").forEach((element) => colour.get(element)()));
