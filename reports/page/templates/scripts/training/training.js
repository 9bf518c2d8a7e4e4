// The tool's training of one network with one input and one output, in the order of the textbook's
// formulas in network/two_layer.py: weights, orders and stop rule are the tool's.
//
// The n hidden units of a mini-batch of m samples lie unit by unit: A1 has the shape (n, m).

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
  // The settings have the tool's names, a batch_size of null is the full training set, and seed may
  // be a number or, above 2^53, a text or a BigInt.
  constructor(settings, data) {
    const { n_hidden: n, seed, repeat } = settings;
    const nTrain = data.train_x.length;
    this.settings = settings;
    this.data = data;
    this.batchSize = settings.batch_size ?? nTrain;
    this.batches = Math.ceil(nTrain / this.batchSize); // in an epoch
    this.activation = ACTIVATIONS[settings.activation];
    this.orders = sampleOrders(seed, repeat, nTrain, settings.shuffle);
    this.parameters = initialParameters(generator(seed, repeat, WEIGHTS), settings.init, n);
    this.epoch = 0; // done
    this.batch = 0; // done in the epoch after these
    this.ending = null; // or "converged", "exhausted", "diverged"
    this.loss = NaN; // the last validation loss

    const most = Math.max(this.batchSize, data.validation_x.length, data.test_x.length, nTrain);
    this.X = new Float64Array(this.batchSize);
    this.Y = new Float64Array(this.batchSize);
    this.A1 = new Float64Array(n * most); // (n, m)
    this.slopes = new Float64Array(n * most); // f'(Z1) (n, m)
    this.dZ2 = new Float64Array(most); // (1, m)
    const evaluations = Math.ceil(settings.max_epochs / settings.eval_every);
    this.evaluated = 0;
    this.epochs = new Int32Array(evaluations + 1); // before training, and at each evaluation
    this.losses = new Float64Array(evaluations + 1);
    this.path = new Float64Array((evaluations + 1) * this.parameters.length);
    this.path.set(this.parameters);
  }

  get updates() {
    return this.epoch * this.batches + this.batch;
  }

  // Train until an epoch, the end of training, or a time of performance.now(), whichever is first;
  // a full batch is never interrupted.
  advance(untilEpoch, deadlineMs = Infinity) {
    let work = 0;
    while (!this.ending && this.epoch < untilEpoch) {
      const order = this.orders.of(this.epoch);
      const { settings, batchSize, batches } = this;
      const rate = settings.learning_rate * SCHEDULES[settings.decay](this.epoch, settings.max_epochs);
      while (this.batch < batches) {
        const m = this.gather(order, this.batch * batchSize);
        this.learn(m, rate);
        this.batch++;
        work += m * settings.n_hidden;
        if (work < WORK_AT_ONCE) continue;
        if (performance.now() >= deadlineMs && this.batch < batches) return;
        work = 0;
      }
      this.batch = 0;
      this.epoch++;
      if (this.epoch % settings.eval_every === 0 || this.epoch === settings.max_epochs) this.evaluate(order);
      if (performance.now() >= deadlineMs) return;
    }
  }

  // Put the samples of a mini-batch side by side, and return how many they are.
  gather(order, start) {
    const { X, Y, batchSize } = this;
    const { train_x, train_y } = this.data;
    const m = Math.min(batchSize, order.length - start);
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
    dZ2.fill(P[3 * n], 0, m);
    for (let j = 0, at = 0; j < n; j++) {
      const W2 = P[2 * n + j];
      for (let k = 0; k < m; k++) dZ2[k] += A1[at++] * W2; // (3)
    }
    for (let k = 0; k < m; k++) dZ2[k] -= Y[k]; // (5)
  }

  // Take one step of gradient descent with m samples.
  learn(m, rate) {
    const { parameters: P, X, A1, slopes, dZ2 } = this;
    const n = this.settings.n_hidden;
    const step = rate / m;
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
    for (let k = 0; k < m; k++) sum += this.dZ2[k] ** 2;
    return sum / (2 * m);
  }

  // Apply the stop rule; the epoch's last mini-batch is still in X and Y.
  evaluate(order) {
    const { settings, data, parameters } = this;
    const last = order.length - (this.batches - 1) * this.batchSize;
    const losses = [[this.X, this.Y, last], [data.train_x, data.train_y], [data.validation_x, data.validation_y]]
      .map((samples) => this.measure(...samples));
    this.loss = losses[2];
    this.evaluated++;
    this.epochs[this.evaluated] = this.epoch;
    this.losses[this.evaluated] = this.loss;
    this.path.set(parameters, this.evaluated * parameters.length);
    if (!losses.every(Number.isFinite)) this.ending = "diverged";
    else if (this.loss <= settings.target_loss) this.ending = "converged";
    else if (this.epoch >= settings.max_epochs) this.ending = "exhausted";
  }

  // What the tool records of a run: the validation losses, and the parameters from the start on.
  recording() {
    const end = this.evaluated + 1;
    return {
      epochs: this.epochs.slice(1, end),
      losses: this.losses.slice(1, end),
      path_epochs: this.epochs.slice(0, end),
      path: this.path.slice(0, end * this.parameters.length),
      activation: this.settings.activation,
    };
  }

  // R² = 1 - MSE / Var(y) on the test set.
  accuracy() {
    const { test_x: X, test_y: Y } = this.data;
    return 1 - (2 * this.measure(X, Y)) / variance(Y);
  }
}
