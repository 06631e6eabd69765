/** What is chosen: one object, which the address of the page holds too, so that Back goes back. */

const FIRST = {
  from: "test", // the image: test, pad, pixels or reference
  test: 0,
  view: "values", // or gradients
  layer: null, // by name
  at: null, // index of a number of its answer
  tensor: null, // which of the layer's tensors the map shows: y, z, dy, dz
  direction: "forward", // of the arithmetic
  label: null, // whose loss; null for the image's own, or the answer
  logit: null, // gone back from instead of the loss
  training: false,
  seed: 0,
  epoch: null, // null for the model as it is
  scale: "layer", // colours go to the largest of the layer, of the map, of all layers, or stay as they are (fixed)
  normalize: true, // a drawn digit is made one of MNIST's
  rival: null, // the class that evidence is compared with
  reference: 0, // an image of the recording
};

const CHOICES = {
  from: ["test", "pad", "pixels", "reference"],
  view: ["values", "gradients"],
  direction: ["forward", "backward"],
  scale: ["layer", "map", "all", "fixed"],
  tensor: [null, "y", "z", "dy", "dz", "winner", "keep"],
};

const listeners = new Set();
let fits = () => true; // whether a value can be chosen in this model

export const state = { ...FIRST, ...parse(location.hash) };

/** Leave out what this model hasn't, now and whenever the address is another. @param {Object} model of /api/model */
export function fit(model) {
  const below = (count) => (value) => value === null || (Number.isInteger(value) && value >= 0 && value < count);
  const rules = {
    from: (value) => (value !== "reference" || model.reference !== null) && (value !== "test" || model.tests > 0),
    test: below(Math.max(1, model.tests)),
    label: below(model.classes),
    logit: below(model.layers.at(-1).output_shape.at(-1)),
    rival: below(model.layers.at(-1).output_shape.at(-1)),
    reference: below(model.reference?.images ?? 1),
    seed: below(1e9),
    epoch: (value) => value === null || model.epochs.includes(value),
    layer: (value) => value === null || model.layers.some((layer) => layer.name === value),
  };
  fits = (name, value) => (!CHOICES[name] || CHOICES[name].includes(value)) && (rules[name]?.(value) ?? true);
  FIRST.from = model.tests ? "test" : "pad";
  Object.assign(state, { ...FIRST, ...parse(location.hash) });
}

/** Choose, tell everybody, and put it into the address. @param {Partial<typeof FIRST>} changes */
export function choose(changes, { replace = false } = {}) {
  const changed = Object.keys(changes).filter((name) => !same(state[name], changes[name]));
  if (!changed.length) return;
  Object.assign(state, changes);
  history[replace ? "replaceState" : "pushState"](null, "", write(state));
  tell(new Set(changed));
}

/** Be called with the names of what changed. @param {(changed: Set<string>) => void} listener */
export const onChange = (listener) => listeners.add(listener);

const tell = (changed) => listeners.forEach((listener) => listener(changed));

addEventListener("popstate", () => {
  const now = { ...FIRST, ...parse(location.hash) };
  const changed = Object.keys(FIRST).filter((name) => !same(state[name], now[name]));
  Object.assign(state, now);
  tell(new Set(changed));
});

/** #test=17&layer=conv2d_1&at=5,9,17 */
function write(chosen) {
  const set = Object.entries(chosen).filter(([name, value]) => !same(value, FIRST[name]));
  const text = set.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
  return text ? `#${text}` : location.pathname;
}

function parse(hash) {
  const read = {};
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    if (!(name in FIRST)) continue;
    if (name === "at") read.at = text.split(",").map(Number);
    else if (name === "layer") read.layer = text;
    else if (text === "null") read[name] = null;
    else if (text === "true" || text === "false") read[name] = text === "true";
    else if (/^\d+$/.test(text)) read[name] = Number(text);
    else read[name] = text;
  }
  if (read.at && !read.at.every(Number.isInteger)) delete read.at;
  for (const name of Object.keys(read)) if (!fits(name, read[name])) delete read[name];
  return read;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
