// The order of the samples in each epoch: network/training/orders.py, number by number.

import { ORDERS, generator } from "./randomness.js";

const BLOCK_SAMPLES = 90_000; // about how many samples the orders of one block of epochs hold
const MOST_SAMPLES = 2 ** 21; // their number times 32 bits is a whole number below 2^53

// Return `of(epoch)`, whose array holds the order until the next call. Those of a block are drawn
// one after the other, so epochs are best asked for in turn.
export function sampleOrders(seed, repeat, nSamples, shuffle) {
  if (nSamples > MOST_SAMPLES) throw new RangeError(`orders are of at most ${MOST_SAMPLES} samples`);
  const order = Int32Array.from({ length: nSamples }, (_, k) => k);
  if (shuffle === "none") return { of: () => order };
  const size = Math.max(1, Math.floor(BLOCK_SAMPLES / nSamples));
  let block = -1;
  let next = 0; // the epoch that is drawn next
  let random;
  const of = (epoch) => {
    if (epoch < next - 1 || Math.floor(epoch / size) !== block) {
      block = Math.floor(epoch / size);
      next = block * size;
      random = generator(seed, repeat, ORDERS, block);
    }
    for (; next <= epoch; next++) draw(order, random);
    return order;
  };
  return { of };
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
