// NumPy's random numbers, bit by bit: default_rng(SeedSequence(seed, spawn_key=(repeat, ...))).

import { exp, roundedExp, roundedLog } from "./mathematics.js";

export const WEIGHTS = 0; // what is drawn: streams of the tool
export const ORDERS = 1;

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const MASK = (1n << 128n) - 1n;

// 128 bits as six limbs of 24, so that sums of their products are whole numbers below 2^53.
const limbs = (number) => Float64Array.from({ length: 6 }, (_, i) => Number((number >> BigInt(24 * i)) & 0xffffffn));
const [M0, M1, M2, M3, M4, M5] = limbs(MULTIPLIER);

// What such a sum carries over, and what stays. Adding 1.5 · 2^52 rounds, faster than Math.floor:
// of a sum that is smaller by HALF, the floor.
const WHOLE = 1.5 * 2 ** 52;
const HALF = 2 ** 23 - 0.5;
const carry = (sum) => sum * 2 ** -24 + WHOLE - WHOLE;
const limb = (sum) => sum - carry(sum) * 2 ** 24 + HALF;

// A whole number as words of 32 bits, the lowest first.
function words(number) {
  const all = [];
  for (let left = BigInt(number); left || !all.length; left >>= 32n) all.push(Number(left & 0xffffffffn));
  return all;
}

// SeedSequence: M. E. O'Neill, "Developing a seed_seq alternative", 2015, with NumPy's constants.
function seedState(seed, spawnKey) {
  const scramble = (hash, factor) => (value) => {
    const mixed = value ^ hash;
    hash = Math.imul(hash, factor);
    const product = Math.imul(mixed, hash);
    return product ^ (product >>> 16);
  };
  const hashed = scramble(0x43b0d7e5, 0x931e8875);
  const mix = (x, y) => {
    const difference = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
    return difference ^ (difference >>> 16);
  };
  const entropy = words(seed);
  while (entropy.length < 4) entropy.push(0);
  entropy.push(...spawnKey.flatMap(words));
  const pool = entropy.slice(0, 4).map(hashed);
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hashed(pool[from]));
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hashed(word));
  const drawn = scramble(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: 8 }, (_, i) => BigInt(drawn(pool[i % 4]) >>> 0));
}

// PCG XSL RR 128/64: M. E. O'Neill, "PCG: A family of simple fast space-efficient statistically
// good algorithms for random number generation", 2014.
class Generator {
  constructor(seed, spawnKey) {
    const w = seedState(seed, spawnKey);
    const start = (w[1] << 96n) | (w[0] << 64n) | (w[3] << 32n) | w[2];
    const sequence = (w[5] << 96n) | (w[4] << 64n) | (w[7] << 32n) | w[6];
    const increment = ((sequence << 1n) | 1n) & MASK;
    this.state = limbs(((increment + start) * MULTIPLIER + increment) & MASK);
    this.increment = limbs(increment).map((each) => each - HALF);
    this.bits = new Int32Array(2); // the 64 bits that were drawn last: low and high half
  }

  // Draw 64 bits: state ← state · MULTIPLIER + increment, limb by limb; then mix its halves.
  next() {
    const { state, increment, bits } = this;
    const a0 = state[0];
    const a1 = state[1];
    const a2 = state[2];
    const a3 = state[3];
    const a4 = state[4];
    const a5 = state[5];
    const t0 = a0 * M0 + increment[0];
    const t1 = a1 * M0 + a0 * M1 + (increment[1] + carry(t0));
    const t2 = a2 * M0 + a1 * M1 + a0 * M2 + (increment[2] + carry(t1));
    const t3 = a3 * M0 + a2 * M1 + a1 * M2 + a0 * M3 + (increment[3] + carry(t2));
    const t4 = a4 * M0 + a3 * M1 + a2 * M2 + a1 * M3 + a0 * M4 + (increment[4] + carry(t3));
    const t5 = a5 * M0 + a4 * M1 + a3 * M2 + a2 * M3 + a1 * M4 + a0 * M5 + (increment[5] + carry(t4));
    const s0 = (state[0] = limb(t0));
    const s1 = (state[1] = limb(t1));
    const s2 = (state[2] = limb(t2));
    const s3 = (state[3] = limb(t3));
    const s4 = (state[4] = limb(t4));
    const s5 = (state[5] = limb(t5) & 255);
    const low = s0 ^ (s1 << 24) ^ ((s2 >>> 16) | (s3 << 8));
    const high = (s1 >>> 8) ^ (s2 << 16) ^ (s4 | (s5 << 24));
    const turn = s5 >>> 2; // to the right; by 32 and more, the halves change places
    const swapped = (low ^ high) & -(turn >>> 5);
    bits[0] = ((low ^ swapped) >>> turn) | (((high ^ swapped) << 1) << ~turn);
    bits[1] = ((high ^ swapped) >>> turn) | (((low ^ swapped) << 1) << ~turn);
  }

  // A number ≥ 0 and < 1, of 53 bits.
  random() {
    this.next();
    return ((this.bits[1] >>> 0) * 2 ** 21 + (this.bits[0] >>> 11)) * 2 ** -53;
  }

  uniform(low, high) {
    return low + (high - low) * this.random();
  }

  // A standard normal number: G. Marsaglia and W. W. Tsang, "The ziggurat method for generating
  // random variables", 2000, with 256 strips as J. A. Doornik numbers them, 2005. One of 4000 lies
  // in the tail and may differ from NumPy's in the last bit, for Math.log1p does in some browsers.
  normal() {
    const { widths, limits, heights } = ziggurat();
    for (;;) {
      this.next();
      const [low, high] = this.bits;
      const strip = low & 0xff;
      const sign = low & 0x100 ? -1 : 1;
      const fraction = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9); // of 2^52
      const x = sign * fraction * widths[strip];
      if (fraction < limits[strip]) return x;
      if (strip === 0) return this.tail() * (low & 0x20000 ? -1 : 1);
      if ((heights[strip - 1] - heights[strip]) * this.random() + heights[strip] < exp(-0.5 * x * x)) return x;
    }
  }

  tail() {
    for (;;) {
      const beyond = -Math.log1p(-this.random()) / EDGE;
      const height = -Math.log1p(-this.random());
      if (2 * height > beyond * beyond) return EDGE + beyond;
    }
  }
}

export function generator(seed, repeat, ...stream) {
  return new Generator(seed, [repeat, ...stream]);
}

// The strips of equal area under e^(-x²/2): how wide each is (by 2^52), up to which fraction of it
// all is below the curve, and the curve's height at its edge. They are computed in doubles, each
// from the one below it, as NumPy's table was, with the one slip of two last bits that is in it.
const EDGE = 3.6541528853610088; // where the tail begins
const AREA = 0.004928673233974652;
let tables = null;
function ziggurat() {
  if (tables) return tables;
  const widths = new Float64Array(256);
  const limits = new Float64Array(256);
  const heights = new Float64Array(256);
  let x = EDGE;
  for (let strip = 255; strip > 0; strip--) {
    widths[strip] = x * 2 ** -52;
    heights[strip] = roundedExp(-0.5 * x * x);
    let next = strip > 1 ? Math.sqrt(-2 * roundedLog(AREA / x + heights[strip])) : 0;
    if (strip === 38) next -= 2 ** -52;
    limits[strip] = Math.floor((next / x) * 2 ** 52);
    x = next;
  }
  widths[0] = (AREA / heights[255]) * 2 ** -52;
  limits[0] = Math.floor(((EDGE * heights[255]) / AREA) * 2 ** 52);
  heights[0] = 1;
  return (tables = { widths, limits, heights });
}
