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

// What the board shows of each cell at a level: epochs, updates and the share of repeats won.
function recount(level) {
  const runs = passagesAt(level);
  const shares = winShares(runs);
  return grid().cells.map((cell, i) => {
    const some = runs[i];
    const times = some.map((run) => run.epochs);
    const missed = some.filter((run) => run.epochs === Infinity);
    const show = (epochs, factor) => {
      if (!some.length) return ["failed", null, "failed"];
      if (Number.isFinite(epochs)) return [String(Math.round(epochs * factor)), epochs * factor, "number"];
      const diverged = missed.filter((run) => run.state === "diverged");
      if (2 * diverged.length >= some.length) return ["diverged", null, "diverged"];
      const ended = missed.filter((run) => run.state !== "diverged");
      const watched = Math.max(...ended.map((run) => run.watched));
      return [`>${watched * factor}`, null, "beyond"];
    };
    const bound = (share, factor) => show(quantile(times, share), factor)[0];
    const factor = cell.updates_an_epoch;
    return {
      shown: {
        epochs: show(quantile(times, 0.5), 1),
        updates: show(quantile(times, 0.5), factor),
        wins: [`${(100 * shares[i]).toFixed(0)} %`, shares[i], "number"],
      },
      spread: some.length > 1
        ? { epochs: [bound(0.25, 1), bound(0.75, 1)], updates: [bound(0.25, factor), bound(0.75, factor)] }
        : {},
      n: some.length,
      converged: some.length - missed.length,
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
