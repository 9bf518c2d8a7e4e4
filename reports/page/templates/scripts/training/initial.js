// The initial weights: network/initializers.py for one input and one output.

const DRAWS = {
  zero: () => 0,
  normal: (random) => random.normal(),
  xavier: (random, nIn, nOut) => {
    const bound = Math.sqrt(6 / (nIn + nOut));
    return random.uniform(-bound, bound);
  },
  he: (random, nIn, nOut) => Math.sqrt(2 / nOut) * random.normal(),
};

// W1, B1, W2, B2, one behind the other; biases start at 0.
export function initialParameters(random, init, nHidden) {
  const P = new Float64Array(3 * nHidden + 1);
  for (let j = 0; j < nHidden; j++) P[j] = DRAWS[init](random, 1, nHidden); // W1
  for (let j = 0; j < nHidden; j++) P[2 * nHidden + j] = DRAWS[init](random, nHidden, 1); // W2
  return P;
}
