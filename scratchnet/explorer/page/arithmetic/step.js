// @ts-check
/** A number taken apart: its terms, and their sum beside what the trace says. */
import { named, number } from "./tensor.js";

/** @typedef {{name: string, value: number, padding?: boolean, scale?: number}} Factor
 *  scale: of a constant, where it isn't |value| */
/** @typedef {{factors: Factor[], value: number, scale: number, [more: string]: any}} Term
 *  value: the product of the factors;  scale: |value|, or Σ of absolute values where the term is itself a sum */
/** @typedef {{label: string, rows: number, columns: number, start: number, count: number, sum: number}} Group
 *  terms start … start + count − 1, row by row;  sum: of them */
/** @typedef {{title: string, formula: string, terms: Term[], constant: Factor | null, groups: Group[], sum: number,
 *  traced: number | null, deviation: number | null, scale: number, [more: string]: any}} Step
 *  sum: constant + Σ terms;  deviation: sum − traced;  scale: |constant| + Σ |terms|, what rounding is held against */

/** @param {string} name @param {number} value @returns {Factor} */
export const factor = (name, value) => ({ name, value });

/** A number called by its place in a tensor. Of thousands few are shown: the name is written when it is read. */
class Indexed {
  /** @param {string} tensor @param {number[]} at @param {number} value */
  constructor(tensor, at, value) {
    this.tensor = tensor;
    this.at = at;
    this.value = value;
  }

  get name() {
    return named(this.tensor, this.at);
  }
}

/** The number of a tensor, called by its index. @returns {Factor} */
export const element = (tensor, from, at) => new Indexed(tensor, at, number(from, at));

/** A number called by a tensor's name and its index there. @returns {Factor} */
export const indexed = (tensor, at, value) => new Indexed(tensor, at, value);

/** What "same" padding puts there. @returns {Factor} */
export const padding = (value = 0) => ({ name: "padding", value, padding: true });

/** @param {Factor[]} factors one at least @param {object} [more] @returns {Term} */
export function term(factors, more) {
  let value = factors[0].value;
  for (let k = 1; k < factors.length; k++) value *= factors[k].value;
  return { factors, value, scale: Math.abs(value), ...more };
}

/** The terms added up; constant: the bias or offset. @returns {Step} */
export function step({ title, formula, terms, constant = null, groups = [], traced, ...more }) {
  const sum = terms.reduce((total, each) => total + each.value, constant?.value ?? 0);
  const scale = terms.reduce((total, each) => total + each.scale, constant?.scale ?? Math.abs(constant?.value ?? 0));
  const deviation = traced === null ? null : sum - traced;
  return { title, formula, terms, constant, groups, sum, traced, deviation, scale, ...more };
}

/** The number of a tensor, or null where there is no such tensor. */
export const traced = (tensor, at) => (tensor ? number(tensor, at) : null);

/** Terms cut into tiles of rows × columns, one a label. @returns {Group[]} */
export const tiles = (terms, labels, rows, columns) =>
  labels.map((label, place) => {
    const [start, count] = [place * rows * columns, rows * columns];
    let sum = 0;
    for (let k = start; k < start + count; k++) sum += terms[k].value;
    return { label, rows, columns, start, count, sum };
  });

/** 0, 1, …, count − 1 @param {number} count */
export const range = (count) => Array.from({ length: count }, (_, i) => i);
