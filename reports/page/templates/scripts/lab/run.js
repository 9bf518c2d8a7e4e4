// One run of the lab: it trains between the frames of the page, which show it.

import { array } from "../recordings.js";
import { PAGE, grid, set, state } from "../store.js";
import { Training } from "../training/training.js";

const SLICE = 10; // ms of a frame in which the page trains
const SHOWN = 250; // ms between two pictures where it trains at once
export const PACES = { slow: 10, medium: 60, "at once": Infinity }; // evaluations a second

const NAMES = ["train_x", "train_y", "validation_x", "validation_y", "test_x", "test_y"];
export function data() {
  const kept = PAGE.datasets[grid().lab.data];
  return Object.fromEntries(NAMES.map((name) => [name, array(kept, name, Float64Array)]));
}

function shown(training, settings, from) {
  const { ending, epoch, updates } = training;
  return { settings, from, ending, epoch, updates, recording: { ...training.recording(), repeat: settings.repeat, ending } };
}

// Train until the run ends, or until `state.training` is no longer this run's number.
export function train(settings, pace) {
  const training = new Training(settings, data());
  const number = performance.now(); // no other run has it
  const from = state.typed ? state.from : state.pointed;
  const begun = number;
  let drawn = -Infinity;
  let evaluations = 0;
  const next = () => {
    if (state.training !== number) return;
    const now = performance.now();
    if (PACES[pace] === Infinity) {
      training.advance(settings.max_epochs, now + SLICE);
    } else {
      const due = Math.floor(((now - begun) / 1000) * PACES[pace]) - evaluations;
      evaluations += due;
      training.advance(training.epoch + due * settings.eval_every, now + SLICE);
    }
    const { ending } = training;
    if (ending || PACES[pace] < Infinity || now - drawn > SHOWN) {
      drawn = now;
      set({ labRun: shown(training, settings, from), epoch: training.epoch, training: ending ? null : number });
    }
    if (!ending) requestAnimationFrame(next);
  };
  set({ training: number, playing: false });
  requestAnimationFrame(next);
}

export const stop = () => set({ training: null });
