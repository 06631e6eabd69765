// @ts-check
/** erf(x) = 2/√π · exp(−x²) · Σ_n 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): no two terms cancel. Abramowitz, Stegun, 7.1.6. */

/** @param {number} x */
export function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x); // nearer to it than doubles are to one another
  let [term, sum] = [x, 0];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
