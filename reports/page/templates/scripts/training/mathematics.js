// The activations of the hidden layer, with the same bits in every browser: only sums, products
// and quotients, which are rounded alike everywhere, where Math.exp and its relatives are not.

// Numbers with 128 bits behind the point, as BigInt, to fill tables that are right to the last bit.
const ONE = 1n << 128n;
const precise = (x) => BigInt(x * 2 ** 64) << 64n; // of an x whose last bit is 2^-64 or more
const rounded = (x) => (x < ONE << 500n ? Number(x) / 2 ** 128 : Number(x >> 128n));

function preciseExp(x) {
  let [sum, term] = [ONE, ONE];
  for (let k = 1n; term; k++) sum += term = ((term * x) >> 128n) / k;
  return sum;
}

function precisePowers(x, count) { // 1, e^x, e^2x, …
  const ratio = preciseExp(precise(x));
  let power = ONE;
  return Array.from({ length: count }, (_, k) => (power = k ? (power * ratio) >> 128n : ONE));
}

export const roundedExp = (x) => rounded(preciseExp(precise(x)));

// ln x = l + ln(1 + d) with d = x e^-l - 1, which is tiny where l is the usual logarithm.
export function roundedLog(x) {
  const l = precise(Math.log(x));
  const d = ((precise(x) * preciseExp(-l)) >> 128n) - ONE;
  return rounded(l + d - ((d * d) >> 129n));
}

// e^x = e^(k / 128) e^r with |r| ≤ 1/256, from tables of e^(k / 128) and e^(k / 128) - 1.
const NEAR = 32; // up to this |x|
const MIDDLE = 128 * NEAR; // the place of k = 0
const POWERS = new Float64Array(2 * MIDDLE + 1);
const POWERS_LESS_1 = new Float64Array(2 * MIDDLE + 1);
const WHOLE = precisePowers(1, NEAR + 1).map(rounded);
precisePowers(1 / 128, 128).forEach((part, first) => {
  for (let k = first; k <= MIDDLE; k += 128) {
    const power = (POWERS[MIDDLE + k] = rounded(part) * WHOLE[k >> 7]);
    const less1 = (POWERS_LESS_1[MIDDLE + k] = k < 128 ? rounded(part - ONE) : power - 1);
    POWERS[MIDDLE - k] = 1 / power;
    POWERS_LESS_1[MIDDLE - k] = -less1 / power;
  }
});
const FAR = precisePowers(NEAR, 23).map(rounded);
function farExp(x) {
  const bounded = x > 0 ? Math.min(x, 709) : Math.max(x, -708);
  const k = Math.trunc(bounded / NEAR);
  const near = exp(bounded - k * NEAR);
  return k < 0 ? near / FAR[-k] : near * FAR[k];
}

// e^x, and beyond -708 and 709 its values there. All functions here are off by at most 4 units in
// the last place.
export function exp(x) {
  if (x < -NEAR || x > NEAR) return farExp(x);
  const place = (x * 128 + (MIDDLE + 0.5)) | 0; // 0 for NaN
  const r = x - (place * 0.0078125 - NEAR); // without rounding
  const power = POWERS[place];
  return power + power * (r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120)))));
}

// e^x - 1, also near 0 without cancellation; there the next term, r^6 / 720, can be seen.
export function expm1(x) {
  if (x < -NEAR || x > NEAR) return farExp(x) - 1;
  const place = (x * 128 + (MIDDLE + 0.5)) | 0;
  const r = x - (place * 0.0078125 - NEAR);
  const series = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
  return POWERS_LESS_1[place] + POWERS[place] * series;
}

// ln(1 + u) = ln(1 + k / 64) + ln(1 + t) for 0 ≤ u ≤ 1, with t = (u - k / 64) / (1 + k / 64).
const LOGARITHMS = Float64Array.from({ length: 65 }, (_, k) => roundedLog(1 + k / 64));
export function log1p(u) {
  const k = (u * 64 + 0.5) | 0;
  const t = (u - k / 64) / (1 + k / 64);
  return LOGARITHMS[k] + (t - t * t * (1 / 2 - t * (1 / 3 - t * (1 / 4 - t * (1 / 5 - t * (1 / 6 - t * (1 / 7 - t * (1 / 8))))))));
}

const sigmoid = (z) => 1 / (1 + exp(-z));
const tanh = (z) => {
  const e = expm1(-2 * z);
  return -e / (e + 2); // (1 - e^-2z) / (1 + e^-2z)
};
const relu = (z) => (z < 0 ? 0 : z); // NaN stays NaN
const leakyRelu = (z) => (z < 0 ? 0.01 * z : z);
const elu = (z) => (z > 0 ? z : expm1(z));
const softplus = (z) => relu(z) + log1p(exp(z > 0 ? -z : z)); // ln(1 + e^z)

// f of one number; of the first n numbers of an array, in place; and its derivative there, in terms
// of A = f(Z). A browser compiles a loop that names its function to faster code than one that is
// given it.
export const ACTIVATIONS = {
  sigmoid: {
    f: sigmoid,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = sigmoid(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = A[i] * (1 - A[i]); },
  },
  tanh: {
    f: tanh,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = tanh(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = 1 - A[i] * A[i]; },
  },
  relu: {
    f: relu,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = relu(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = A[i] > 0 ? 1 : 0 * A[i]; },
  },
  leaky_relu: {
    f: leakyRelu,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = leakyRelu(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = A[i] > 0 ? 1 : 0.01; },
  },
  elu: {
    f: elu,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = elu(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = A[i] > 0 ? 1 : A[i] + 1; },
  },
  softplus: {
    f: softplus,
    activate: (Z, n) => { for (let i = 0; i < n; i++) Z[i] = softplus(Z[i]); },
    slopes: (A, D, n) => { for (let i = 0; i < n; i++) D[i] = -expm1(-A[i]); },
  },
};
