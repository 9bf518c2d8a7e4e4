// The network of one input and one output, in the order of the textbook's formulas.

import { array, placeAt } from "../recordings.js";
import { ACTIVATIONS } from "../training/mathematics.js";

// What each unit makes of each x: z = w1 x + b1, a = f(z), its part w2 a; and the output, the sum
// of the parts and b2. The numbers are W1, B1, W2, B2, one behind the other.
export function steps({ numbers, n, activation }, xs) {
  const { f } = ACTIVATIONS[activation];
  const lines = [];
  const bent = [];
  const parts = [];
  const output = xs.map(() => numbers[3 * n]);
  for (let unit = 0; unit < n; unit++) {
    lines.push(xs.map((x) => numbers[unit] * x + numbers[n + unit]));
    bent.push(lines[unit].map(f));
    parts.push(bent[unit].map((a) => numbers[2 * n + unit] * a));
    parts[unit].forEach((part, i) => (output[i] += part));
  }
  return { lines, bent, parts, output };
}

// The network of a recorded run at an epoch: that of its last evaluation before, or its start.
export function networkAt(recording, epoch) {
  const path = array(recording, "path", Float32Array);
  const epochs = array(recording, "path_epochs", Int32Array);
  const place = Math.max(placeAt(epochs, epoch), 0);
  const size = path.length / epochs.length;
  const numbers = path.subarray(place * size, (place + 1) * size);
  return { numbers, n: (size - 1) / 3, activation: recording.activation };
}
