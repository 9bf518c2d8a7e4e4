// The table for a looser target, counted anew by the rules of reports/statistics.

import { array } from "../recordings.js";
import { derived, grid, state } from "../store.js";

// A quantile by linear interpolation, as in reports/statistics/order_statistics.py; infinite, not
// reached, where one of the two values that it lies between is.
export function quantile(times, share) {
  const sorted = Float64Array.from(times).sort();
  if (!sorted.length) return NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below], sorted[Math.ceil(place)]];
  return place === below || low === high ? low : low + (place - below) * (high - low);
}

// For each cell the epochs of each repeat at a level; infinite where it was not reached.
export function passagesAt(level) {
  const { counted, cells } = grid();
  const passages = array(counted, "passages", Int32Array);
  const found = cells.map(() => []);
  counted.cell.forEach((cell, i) => {
    if (counted.state[i] === "failed") return;
    const epochs = passages[i * grid().levels.length + level];
    found[cell].push({
      repeat: counted.repeat[i],
      state: counted.state[i],
      watched: counted.watched[i],
      epochs: epochs < 0 ? Infinity : epochs,
    });
  });
  return found;
}

// A quantile of what runs cost, in epochs or, times a factor, in updates: text, number and kind.
export function costShown(runs, share, factor) {
  const epochs = quantile(runs.map((run) => run.epochs), share);
  if (!runs.length) return ["failed", null, "failed"];
  if (Number.isFinite(epochs)) return [String(Math.round(epochs * factor)), epochs * factor, "number"];
  const missed = runs.filter((run) => run.epochs === Infinity);
  if (2 * missed.filter((run) => run.state === "diverged").length >= runs.length) return ["diverged", null, "diverged"];
  const watched = Math.max(...missed.filter((run) => run.state !== "diverged").map((run) => run.watched));
  return [`>${watched * factor}`, null, "beyond"];
}

// What the board shows of each cell at a level: epochs, updates and the share of repeats won.
function recount(level) {
  const runs = passagesAt(level);
  const shares = winShares(runs);
  return grid().cells.map((cell, i) => {
    const some = runs[i];
    const show = (share, factor) => costShown(some, share, factor);
    const factor = cell.updates_an_epoch;
    return {
      shown: {
        epochs: show(0.5, 1),
        updates: show(0.5, factor),
        wins: [`${(100 * shares[i]).toFixed(0)} %`, shares[i], "number"],
      },
      spread: some.length > 1
        ? { epochs: [show(0.25, 1)[0], show(0.75, 1)[0]], updates: [show(0.25, factor)[0], show(0.75, factor)[0]] }
        : {},
      n: some.length,
      converged: some.filter((run) => run.epochs < Infinity).length,
    };
  });
}

// The share of repeats in which each cell took the fewest epochs; ties share, and repeats in which
// a run failed are left out.
function winShares(runs) {
  const repeats = new Map();
  runs.forEach((some, cell) =>
    some.forEach(({ repeat, epochs }) => {
      if (!repeats.has(repeat)) repeats.set(repeat, []);
      repeats.get(repeat).push({ cell, epochs });
    }),
  );
  const whole = [...repeats.values()].filter((row) => row.length === runs.length);
  const shares = runs.map(() => 0);
  for (const row of whole) {
    const least = Math.min(...row.map((each) => each.epochs));
    const winners = row.filter((each) => each.epochs === least && least < Infinity);
    winners.forEach((each) => (shares[each.cell] += 1 / winners.length / whole.length));
  }
  return shares;
}

// What is shown of each cell under another target than the run's own; null under that.
export const counts = derived(["grid", "level"], () => (state.level ? recount(state.level) : null));
