// The initial weights: network/initializers.py for one input and one output.

const DRAWS = {
  zero: () => () => 0,
  normal: (random) => () => random.normal(),
  // Uniform on ±√(6 / (n_in + n_out)), which is the same for both layers.
  xavier: (random, nHidden) => {
    const bound = Math.sqrt(6 / (1 + nHidden));
    return () => random.uniform(-bound, bound);
  },
  // N(0, √(2 / n_out)).
  he: (random, nHidden, nOut) => () => Math.sqrt(2 / nOut) * random.normal(),
};

// W1, B1, W2, B2, one behind the other; biases start at 0.
export function initialParameters(random, init, nHidden) {
  const parameters = new Float64Array(3 * nHidden + 1);
  [[0, nHidden], [2 * nHidden, 1]].forEach(([start, nOut]) => {
    const draw = DRAWS[init](random, nHidden, nOut);
    for (let j = 0; j < nHidden; j++) parameters[start + j] = draw();
  });
  return parameters;
}
