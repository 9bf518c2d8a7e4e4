// The order of the samples in each epoch: network/training/orders.py, number by number.

import { ORDERS, generator } from "./randomness.js";

const BLOCK_SAMPLES = 90_000; // about how many samples the orders of one block of epochs hold
const MOST_SAMPLES = 2 ** 21; // so that products with 32 bits are whole numbers below 2^53

// Returns `of(epoch)`, whose array holds the order until the next call. Orders of a block are
// drawn one after the other, so epochs are best asked for in turn.
export function sampleOrders(seed, repeat, nSamples, shuffle) {
  if (nSamples > MOST_SAMPLES) throw new RangeError(`orders of at most ${MOST_SAMPLES} samples`);
  const order = new Int32Array(nSamples);
  const sort = () => { for (let k = 0; k < nSamples; k++) order[k] = k; };
  sort();
  if (shuffle === "none") return { of: () => order };
  const size = Math.max(1, Math.floor(BLOCK_SAMPLES / nSamples));
  let block = -1;
  let next = 0; // the epoch that is drawn next
  let random;
  return {
    of(epoch) {
      if (epoch < next - 1 || Math.floor(epoch / size) !== block) {
        block = Math.floor(epoch / size);
        next = block * size;
        random = generator(seed, repeat, ORDERS, block);
      }
      for (; next <= epoch; next++) {
        sort();
        shuffled(order, random);
      }
      return order;
    },
  };
}

// Fisher and Yates, from the last place down. One number of 64 bits, read as a fraction of 1,
// decides on two places: times the samples that are left, its whole part is the choice, and what
// remains is the fraction for the second.
function shuffled(order, random) {
  const { bits } = random;
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
