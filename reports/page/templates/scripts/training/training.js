// The tool's training of a network with one input and one output: network/training/loop.py, and the
// formulas of network/two_layer.py. The n hidden units of m samples lie unit by unit, (n, m).

import { initialParameters } from "./initial.js";
import { ACTIVATIONS } from "./mathematics.js";
import { sampleOrders } from "./orders.js";
import { WEIGHTS, generator } from "./randomness.js";
import { SCHEDULES } from "./schedules.js";

const WORK_AT_ONCE = 60_000; // about how many hidden activations are computed in a millisecond

// The mean squared distance of the labels from their mean; NaN where they are constant.
function variance(Y) {
  const mean = Y.reduce((sum, y) => sum + y, 0) / Y.length;
  const spread = Y.reduce((sum, y) => sum + (y - mean) ** 2, 0) / Y.length;
  return spread === 0 || Y.every((y) => y === Y[0]) ? NaN : spread;
}

export class Training {
  // Settings have the tool's names; a batch_size of null is the full training set, and a seed of
  // 2^53 or more is a text or a BigInt.
  constructor(settings, data) {
    const nTrain = data.train_x.length;
    Object.assign(this, { settings, data, epoch: 0, ending: null, loss: NaN });
    this.batchSize = settings.batch_size ?? nTrain;
    this.batches = Math.ceil(nTrain / this.batchSize); // in an epoch
    this.batch = 0; // done in the epoch after those that are done
    this.work = 0; // hidden activations since the clock was read
    this.activation = ACTIVATIONS[settings.activation];
    this.orders = sampleOrders(settings.seed, settings.repeat, nTrain, settings.shuffle);
    const random = generator(settings.seed, settings.repeat, WEIGHTS);
    this.parameters = initialParameters(random, settings.init, settings.n_hidden);

    const most = Math.max(nTrain, data.validation_x.length, data.test_x.length);
    this.X = new Float64Array(this.batchSize);
    this.Y = new Float64Array(this.batchSize);
    this.A1 = new Float64Array(settings.n_hidden * most); // (n, m)
    this.slopes = new Float64Array(settings.n_hidden * this.batchSize); // f'(Z1) (n, m)
    this.dZ2 = new Float64Array(most); // (m)

    const places = Math.ceil(settings.max_epochs / settings.eval_every) + 1;
    this.evaluations = 0;
    this.epochs = new Int32Array(places); // of the start and of each evaluation, as the others
    this.losses = new Float64Array(places);
    this.path = new Float64Array(places * this.parameters.length);
    this.path.set(this.parameters);
  }

  get updates() {
    return this.epoch * this.batches + this.batch;
  }

  // Train until an epoch, the end of training, or a time of performance.now(), whichever is first.
  // The clock is read about once a millisecond; a mini-batch is never interrupted.
  advance(untilEpoch, deadlineMs = Infinity) {
    const { eval_every, max_epochs } = this.settings;
    while (!this.ending && this.epoch < untilEpoch) {
      const order = this.orders.of(this.epoch);
      if (!this.trainEpoch(order, deadlineMs)) return;
      if (this.epoch % eval_every === 0 || this.epoch === max_epochs) this.evaluate(order);
    }
  }

  // Go on with an epoch, and tell whether it is done.
  trainEpoch(order, deadlineMs) {
    const { learning_rate, decay, max_epochs, n_hidden } = this.settings;
    const rate = learning_rate * SCHEDULES[decay](this.epoch, max_epochs);
    for (; this.batch < this.batches; this.batch++) {
      if (this.work >= WORK_AT_ONCE) {
        this.work = 0;
        if (performance.now() >= deadlineMs) return false;
      }
      const m = this.gather(order, this.batch * this.batchSize);
      this.learn(m, rate / m);
      this.work += m * n_hidden;
    }
    this.batch = 0;
    this.epoch++;
    return true;
  }

  // Put the samples of a mini-batch side by side, and return how many they are.
  gather(order, start) {
    const { X, Y } = this;
    const { train_x, train_y } = this.data;
    const m = Math.min(this.batchSize, order.length - start);
    for (let k = 0; k < m; k++) {
      X[k] = train_x[order[start + k]];
      Y[k] = train_y[order[start + k]];
    }
    return m;
  }

  // Compute the hidden activations of m samples, and how far the outputs are from the labels.
  forward(X, Y, m) {
    const { parameters: P, A1, dZ2 } = this;
    const n = this.settings.n_hidden;
    for (let j = 0, at = 0; j < n; j++) {
      const W1 = P[j];
      const B1 = P[n + j];
      for (let k = 0; k < m; k++) A1[at++] = X[k] * W1 + B1; // (1)
    }
    this.activation.activate(A1, n * m); // (2)
    const B2 = P[3 * n];
    for (let k = 0; k < m; k++) dZ2[k] = B2;
    for (let j = 0, at = 0; j < n; j++) {
      const W2 = P[2 * n + j];
      for (let k = 0; k < m; k++) dZ2[k] += A1[at++] * W2; // (3)
    }
    for (let k = 0; k < m; k++) dZ2[k] -= Y[k]; // (5)
  }

  // Take one step of gradient descent with m samples; the step is η / m.
  learn(m, step) {
    const { parameters: P, X, A1, slopes, dZ2 } = this;
    const n = this.settings.n_hidden;
    this.forward(X, this.Y, m);
    this.activation.slopes(A1, slopes, n * m);
    for (let j = 0, at = 0; j < n; j++) {
      const W2 = P[2 * n + j];
      let dW1 = 0;
      let dB1 = 0;
      let dW2 = 0;
      for (let k = 0; k < m; k++, at++) {
        const dZ1 = dZ2[k] * W2 * slopes[at]; // (8)
        dW1 += X[k] * dZ1; // (9)
        dB1 += dZ1; // (10)
        dW2 += A1[at] * dZ2[k]; // (6)
      }
      P[j] -= step * dW1; // (11)
      P[n + j] -= step * dB1;
      P[2 * n + j] -= step * dW2;
    }
    let dB2 = 0;
    for (let k = 0; k < m; k++) dB2 += dZ2[k]; // (7)
    P[3 * n] -= step * dB2;
  }

  // Half the mean squared error of m samples.
  measure(X, Y, m = X.length) {
    this.forward(X, Y, m);
    let sum = 0;
    for (let k = 0; k < m; k++) sum += this.dZ2[k] * this.dZ2[k];
    return sum / (2 * m);
  }

  // Apply the stop rule; the epoch's last mini-batch is still in X and Y.
  evaluate({ length }) {
    const { data, parameters, settings } = this;
    const batch = this.measure(this.X, this.Y, length - (this.batches - 1) * this.batchSize);
    const train = this.measure(data.train_x, data.train_y);
    this.loss = this.measure(data.validation_x, data.validation_y);
    const place = ++this.evaluations;
    this.epochs[place] = this.epoch;
    this.losses[place] = this.loss;
    this.path.set(parameters, place * parameters.length);
    if (![batch, train, this.loss].every(Number.isFinite)) this.ending = "diverged";
    else if (this.loss <= settings.target_loss) this.ending = "converged";
    else if (this.epoch >= settings.max_epochs) this.ending = "exhausted";
  }

  // What the tool records of a run: validation losses, and the parameters from the start on.
  recording() {
    const end = this.evaluations + 1;
    return {
      activation: this.settings.activation,
      epochs: this.epochs.slice(1, end),
      losses: this.losses.slice(1, end),
      path_epochs: this.epochs.slice(0, end),
      path: this.path.slice(0, end * this.parameters.length),
    };
  }

  // R² = 1 - MSE / Var(y) on the test set.
  accuracy() {
    const { test_x, test_y } = this.data;
    return 1 - (2 * this.measure(test_x, test_y)) / variance(test_y);
  }
}
