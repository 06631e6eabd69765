/** Numbers as people read them: none is rounded to a zero that it isn't. */

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** Four significant digits, scientific below 1e-3 and from 1e4 on; 0 is `0` and nothing else is. @param {number} value */
export function short(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e-3 && size < 9999.5) return sign + size.toPrecision(4);
  const [digits, exponent] = size.toExponential(3).split("e");
  return `${sign}${digits}·10${superscript(exponent)}`;
}

/** With its sign, as a term of a sum. @param {number} value */
export const signed = (value) => (value > 0 ? `+${short(value)}` : short(value));

/** A share as per cent, which is 100 or 0 only where it is. @param {number} share */
export function percent(share) {
  if (share === 0 || share === 1) return `${100 * share} %`;
  if (share > 0.9995) return "> 99.9 %";
  return share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}

/** As few digits as tell a number from its neighbours. @param {number} value @param {string} dtype */
export function exact(value, dtype) {
  if (dtype !== "float32" || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 10; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(value);
}

/** 9216 → 9,216 @param {number} value */
export const grouped = (value) => value.toLocaleString("en");

/** 28, 28, 1 → 28 × 28 × 1 @param {number[]} shape */
export const sizes = (shape) => shape.join(" × ");

const superscript = (text) => [...text.replace("+", "")].map((digit) => SUPERSCRIPT[digit]).join("");
