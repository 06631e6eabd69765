/** The page: it asks for a trace whenever what is asked changes, and shows it in every view. */

import { answerView } from "./answer.js";
import { controls, KEYS } from "./controls.js";
import { fill, make, say } from "./dom.js";
import { epochsView } from "./epochs.js";
import { evidenceView } from "./evidence.js";
import { inputView } from "./input.js";
import { kerasView } from "./keras.js";
import { layersView } from "./layers.js";
import { mapView } from "./map.js";
import { grouped, sizes } from "./numbers.js";
import { numberView } from "./number.js";
import { renew } from "./scale.js";
import { getModel, postTrace } from "./server.js";
import { choose, fit, onChange, state } from "./state.js";
import { Trace } from "./trace.js";

const PAUSE = 120; // ms without a stroke after which gradients are asked for, too

const ASKING = ["from", "test", "label", "logit", "training", "seed", "epoch", "normalize", "reference"];

const part = (id) => document.getElementById(id);
const trouble = part("trouble");
const dialog = part("dialog");

async function begin() {
  let model;
  try {
    model = await getModel();
  } catch (error) {
    fail(error, () => location.reload());
    return;
  }
  part("name").textContent = model.source;
  part("about").textContent =
    `${model.name}: ${model.layers.length} layers, ${grouped(model.parameters)} parameters, images of ${sizes(model.input_shape)}, ${model.dtype}`;
  document.title = `${model.source} – scratchnet explore`;
  show(model);
}

function show(model) {
  fit(model);
  let trace = null;
  let asking = false; // one question at a time
  let wanted = null; // and the last one after it: {drawing}
  let pause = 0;

  const input = inputView(part("input"), model, (drawing) => ask(drawing));
  const question = () => input.question();
  const controller = controls(part("controls"), showKeys);
  const number = numberView(part("number"), model, (box) => input.frame(box));
  const layers = layersView(part("layers"), model, number.prepare);
  const views = [
    input,
    answerView(part("answer"), model),
    layers,
    number, // which asks the server, while the map is made
    mapView(part("map"), model, number.prepare),
    evidenceView(part("evidence"), model, question),
    epochsView(part("epochs"), model),
    kerasView(part("keras"), model),
  ];

  const update = (changed) => views.forEach((view) => view.update(trace, changed));

  onChange((changed) => {
    controller.update();
    if (changed.has("from")) input.update(trace, changed);
    if (ASKING.some((name) => changed.has(name))) {
      renew(changed.has("epoch") && changed.size === 1);
      ask(false);
    } else {
      update(changed);
    }
  });

  async function ask(drawing) {
    clearTimeout(pause);
    if (asking) {
      wanted = { drawing };
      return;
    }
    const asked = question();
    if (!asked) {
      trace = null;
      update(new Set());
      say("Nothing is drawn yet.");
      return;
    }
    asking = true;
    document.body.classList.add("stale");
    const { label, logit, training, seed, epoch } = state;
    try {
      const back = model.loss === null && logit === null ? { logit: 0 } : { label, logit };
      const frame = await postTrace(
        { ...asked.options, ...back, training, seed: training ? seed : null, epoch, backward: !drawing },
        asked.body,
      );
      trace = new Trace(model.layers, frame);
      trouble.hidden = true;
      if (state.from !== "test" && state.epoch === null) renew(false);
      update(new Set());
      if (!drawing) say(`The answer is ${trace.prediction}.`);
    } catch (error) {
      fail(error, () => ask(false));
    }
    asking = false;
    document.body.classList.remove("stale");
    if (wanted) {
      const next = wanted;
      wanted = null;
      ask(next.drawing);
    } else if (drawing) {
      pause = setTimeout(() => ask(false), PAUSE);
    }
  }

  part("main").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName))
      return;
    const inLayers = event.target.closest('.atlas[tabindex="0"]') || event.target.closest("#number");
    if (!inLayers || event.target.closest(".editor")) return;
    const key = event.key.toLowerCase();
    if (key === "enter" && event.target.closest(".atlas")) number.focus();
    else if (key === "escape") layers.focus(state.layer);
    else if (key === "f" || key === "b")
      choose({
        view: key === "f" ? "values" : "gradients",
        tensor: null,
        direction: key === "f" ? "forward" : "backward",
      });
    else if (key === "p") number.pin();
    else if (key === "?") showKeys();
    else return;
    event.preventDefault();
  });

  ask(false);
}

function fail(error, again) {
  fill(
    trouble,
    make("span", {}, error.message),
    make(
      "button",
      {
        type: "button",
        onclick: () => {
          trouble.hidden = true;
          again();
        },
      },
      "Try again",
    ),
  );
  trouble.hidden = false;
}

function showKeys() {
  fill(
    dialog,
    make("h2", { id: "dialog-title" }, "Keys, while a layer or a number has the focus"),
    make(
      "table",
      { className: "keys" },
      make(
        "tbody",
        {},
        ...KEYS.map(([key, does]) =>
          make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, key)), make("td", {}, does)),
        ),
      ),
    ),
    make("div", { className: "row" }, make("button", { type: "button", onclick: () => dialog.close() }, "Close")),
  );
  dialog.showModal();
}

part("skip").addEventListener("click", (event) => {
  event.preventDefault();
  part("layers").focus();
});

begin();
