// One run of the lab: it trains between the frames of the page, which show it.

import { array } from "../recordings.js";
import { PAGE, grid, set, state } from "../store.js";
import { Training } from "../training/training.js";

const SLICE = 10; // ms of a frame in which the page trains
const SHOWN = 250; // ms between two pictures where it trains at once
export const PACES = { slow: 10, medium: 60, "at once": Infinity }; // evaluations a second

export function data() {
  const kept = PAGE.datasets[grid().lab.data];
  return Object.fromEntries(Object.keys(kept).map((name) => [name, array(kept, name, Float64Array)]));
}

function shown(training, settings, from) {
  const { ending, epoch, updates } = training;
  return { settings, from, ending, epoch, updates, recording: { ...training.recording(), repeat: settings.repeat, ending } };
}

// Train until the run ends, or until `state.training` is no longer this run's number. The playback
// follows, as long as its reader does not move or play it. Who asked for less motion gets no pace.
export function train(settings) {
  const training = new Training(settings, data());
  const number = performance.now(); // no other run has it
  const from = grid().cells[state.typed ? state.from : state.pointed];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let [before, drawn, due] = [number, -Infinity, 0]; // due: evaluations
  const next = () => {
    if (state.training !== number) return;
    const now = performance.now();
    const pace = calm ? Infinity : PACES[state.pace];
    const done = training.epoch / settings.eval_every;
    due = pace < Infinity ? Math.min(due, done + 1) + ((now - before) / 1000) * pace : Infinity;
    before = now;
    training.advance(Math.floor(due) * settings.eval_every, now + SLICE);
    const { ending, epoch } = training;
    if (ending || pace < Infinity || now - drawn > SHOWN) {
      const follows = drawn < 0 || (!state.playing && state.epoch === state.labRun?.epoch);
      drawn = now;
      set({ labRun: shown(training, settings, from), training: ending ? null : number, ...(follows ? { epoch } : {}) });
    }
    if (!ending) requestAnimationFrame(next);
  };
  set({ training: number, playing: false });
  requestAnimationFrame(next);
}

export const stop = () => set({ training: null });
