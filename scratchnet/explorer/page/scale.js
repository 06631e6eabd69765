/** To which number colours go: the largest of a map, of its layer or of all layers; or what it was
 * before, while epochs are gone through or if it is to be fixed. */

import { largest } from "./colours.js";
import { state } from "./state.js";

let kept = new Map(); // by layer and tensor, of the trace whose scale is kept

/** Forget the scale of the trace before, unless it is to stay. @param {boolean} stay */
export function renew(stay) {
  if (!stay && state.scale !== "fixed") kept = new Map();
}

/** The limit of a layer's tensor. @param {string} key layer and tensor @param {ArrayLike<number>} data */
export function ofLayer(key, data) {
  if (!kept.has(key)) kept.set(key, largest(data));
  return kept.get(key);
}

/** The limits by map. @param {string} key @param {ArrayLike<number>} data @param {number} C @param {() => number} all */
export function limits(key, data, C, all) {
  if (state.scale === "all") return all;
  if (state.scale !== "map") return () => ofLayer(key, data);
  return (c) => {
    const own = `${key} ${c}`;
    if (!kept.has(own)) kept.set(own, largest(data, c, data.length, C));
    return kept.get(own);
  };
}
