/** Questions to the server. */

import { decode } from "./frames.js";

/** gone: whether there is no server any more, rather than a question that it refuses */
export class ServerError extends Error {
  constructor(message, gone) {
    super(message);
    this.gone = gone;
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServerError("The server is gone. Start it again: scratchnet explore.", true);
  }
  if (response.ok) return response;
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error;
  } catch {
    // not one of ours: as it is
  }
  throw new ServerError(message, false);
}

/** ?a=1&b=2 of what is neither undefined nor null; true is 1. */
function query(options) {
  const set = Object.entries(options).filter(([, value]) => value !== undefined && value !== null && value !== false);
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, value === true ? 1 : value]))}` : "";
}

const frame = async (path, options) => decode(await (await ask(path, options)).arrayBuffer());

const layer = (name) => name.split("/").map(encodeURIComponent).join("/");

export const getModel = async () => (await ask("/api/model")).json();

/** @param {Uint8Array|undefined} body */
export const postTrace = (options, body) => frame(`/api/trace${query(options)}`, { method: "POST", body });

/** What the other library made of an image of the recording. */
export const getReference = remembered((index) => frame(`/api/reference/${index}`));

export const getTests = (options) => frame(`/api/tests${query(options)}`);

/** The weights of a layer, as Tensors by name. */
export const getWeights = remembered(
  async (name, options) => (await frame(`/api/params/${layer(name)}${query(options)}`)).tensors,
);

/** The gradients of a layer's weights in a trace, as Tensors by name. */
export const getGradients = remembered(
  async (trace, name, options) => (await frame(`/api/grads/${trace}/${layer(name)}${query(options)}`)).tensors,
);

/** The same question gets the same answer, without asking again; of many, the last ones are kept. */
function remembered(question, kept = 200) {
  const answers = new Map();
  return (...parts) => {
    const key = JSON.stringify(parts);
    if (!answers.has(key)) {
      const answer = question(...parts);
      answers.set(key, answer);
      answer.catch(() => answers.delete(key));
      if (answers.size > kept) answers.delete(answers.keys().next().value);
    }
    return answers.get(key);
  };
}
