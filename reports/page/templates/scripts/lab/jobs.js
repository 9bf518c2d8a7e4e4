// What a sweep in the page is made of: runs to the end, with what is kept of each.

import { Training } from "../training/training.js";

// Begin a run whose result is made at its end.
export function begun(settings, data) {
  const training = new Training(settings, data);
  let spent = 0;
  return {
    // Go on for some milliseconds; the result at the end, else null.
    advance(milliseconds) {
      const start = performance.now();
      training.advance(settings.max_epochs, start + milliseconds);
      spent += performance.now() - start;
      if (!training.ending) return null;
      return { ending: training.ending, epochs: training.epoch, updates: training.updates,
        accuracy: training.accuracy(), milliseconds: spent };
    },
  };
}

export const trained = (settings, data) => begun(settings, data).advance(Infinity);
