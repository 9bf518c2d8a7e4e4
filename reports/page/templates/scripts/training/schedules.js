// How the learning rate falls: network/training/schedules.py. Each takes the epoch e, counted from
// 0, and the number of epochs n at which training ends.

import { exp } from "./mathematics.js";

// sin x for 0 ≤ x ≤ π/2, as its series.
function sine(x) {
  let [sum, term] = [0, x];
  for (let k = 2; k <= 24; k += 2) {
    sum += term;
    term *= (-x * x) / (k * (k + 1));
  }
  return sum;
}

export const SCHEDULES = {
  constant: () => 1,
  step: (e, n) => 1 / 2 ** Math.floor((10 * e) / n),
  exponential: (e, n) => exp((-Math.LN10 * 2 * e) / n), // 100^(-e / n)
  inverse: (e, n) => 1 / (1 + (10 * e) / n),
  cosine: (e, n) => sine(((Math.PI / 2) * (n - e)) / n) ** 2, // cos²(π e / 2 n)
};
