// @ts-check
/** A number taken apart: its terms, and their sum beside what the trace says. */
import { named, number } from "./tensor.js";

/** @typedef {{name: string, value: number, padding?: boolean, scale?: number}} Factor
 *  scale: of a constant, where it isn't |value| */
/** @typedef {{label: string, factors: Factor[], value: number, scale: number, [more: string]: any}} Term
 *  value: the product of the factors;  scale: |value|, or Σ of absolute values where the term is itself a sum */
/** @typedef {{label: string, rows: number, columns: number, start: number, count: number, sum: number}} Group
 *  terms start … start + count − 1, row by row;  sum: of them */
/** @typedef {{title: string, formula: string, terms: Term[], constant: Factor | null, groups: Group[], sum: number,
 *  traced: number | null, deviation: number | null, scale: number, [more: string]: any}} Step
 *  sum: constant + Σ terms;  deviation: sum − traced;  scale: |constant| + Σ |terms|, what rounding is held against */

/** @param {string} name @param {number} value @returns {Factor} */
export const factor = (name, value) => ({ name, value });

/** One number of a tensor, called by its index. @returns {Factor} */
export const element = (name, tensor, at) => factor(named(name, at), number(tensor, at));

/** What "same" padding puts there. @returns {Factor} */
export const padding = (value = 0) => ({ name: "padding", value, padding: true });

/** @param {Factor[]} factors one at least @param {object} [more] @returns {Term} */
export function term(factors, more) {
  let [label, value] = [factors[0].name, factors[0].value];
  for (const each of factors.slice(1)) {
    label += `·${each.name}`;
    value *= each.value;
  }
  return Object.assign({ label, factors, value, scale: Math.abs(value) }, more);
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
    const sum = terms.slice(start, start + count).reduce((total, each) => total + each.value, 0);
    return { label, rows, columns, start, count, sum };
  });

/** 0, 1, …, count − 1 @param {number} count */
export const range = (count) => Array.from({ length: count }, (_, i) => i);
