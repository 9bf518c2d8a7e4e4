// The order of the samples in each epoch: network/training/orders.py, number by number.

import { ORDERS, generator } from "./randomness.js";

const BLOCK_SAMPLES = 90_000; // about how many samples the orders of one block of epochs hold
const MOST_SAMPLES = 2 ** 21; // their number times 32 bits is a whole number below 2^53
const MOST_KEPT = 120; // blocks; the homework's 10000 epochs have 100, in 36 MB

// The blocks that were drawn last, by what they depend on: all runs of a repeat have the same.
const kept = new Map();

// Return `of(epoch)`; the array must not be changed.
export function sampleOrders(seed, repeat, nSamples, shuffle) {
  if (nSamples > MOST_SAMPLES) throw new RangeError(`orders are of at most ${MOST_SAMPLES} samples`);
  const same = Int32Array.from({ length: nSamples }, (_, k) => k);
  if (shuffle === "none") return { of: () => same };
  const size = Math.max(1, Math.floor(BLOCK_SAMPLES / nSamples));
  let number = -1;
  let block;
  const of = (epoch) => {
    if (Math.floor(epoch / size) !== number) {
      number = Math.floor(epoch / size);
      block = blockOf(seed, repeat, nSamples, size, number);
    }
    const start = (epoch % size) * nSamples;
    return block.subarray(start, start + nSamples);
  };
  return { of };
}

function blockOf(seed, repeat, nSamples, size, number) {
  const key = [seed, repeat, nSamples, number].join();
  if (!kept.has(key)) {
    const random = generator(seed, repeat, ORDERS, number);
    const block = new Int32Array(size * nSamples);
    for (let start = 0; start < block.length; start += nSamples) draw(block.subarray(start, start + nSamples), random);
    if (kept.size === MOST_KEPT) kept.delete(kept.keys().next().value); // the oldest
    kept.set(key, block);
  }
  return kept.get(key);
}

// Fisher and Yates, from the last place down. One number of 64 bits, read as a fraction of 1,
// decides on two places: times the samples that are left, its whole part is the choice, and what
// remains is the fraction for the second. See network/training/shuffling.py.
function draw(order, random) {
  const { bits } = random;
  for (let k = 0; k < order.length; k++) order[k] = k;
  for (let last = order.length - 1; last > 0; last -= 2) {
    random.next();
    let low = bits[0] >>> 0;
    let high = bits[1] >>> 0;
    for (let i = last; i >= last - 1; i--) {
      const product = high * (i + 1) + Math.floor(low * (i + 1) * 2 ** -32);
      const choice = Math.floor(product * 2 ** -32);
      high = product - choice * 2 ** 32;
      low = Math.imul(low, i + 1) >>> 0;
      const chosen = order[choice];
      order[choice] = order[i];
      order[i] = chosen;
    }
  }
}
