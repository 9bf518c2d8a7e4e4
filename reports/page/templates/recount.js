// The table for a looser target, counted anew by the rules of reports/statistics.

// The time by which a share of all runs had reached it; infinite if it never had.
function reachedBy(times, share) {
  const sorted = Float64Array.from(times).sort();
  return sorted.length ? sorted[Math.max(Math.ceil(share * sorted.length - 1e-9) - 1, 0)] : NaN;
}

// For each cell the epochs of each repeat at a level; infinite where it was not reached.
function passagesAt(level) {
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
      if (Number.isFinite(epochs)) return [String(epochs * factor), epochs * factor, "number"];
      const diverged = missed.filter((run) => run.state === "diverged");
      if (2 * diverged.length > some.length) return ["diverged", null, "diverged"];
      const watched = Math.max(...missed.map((run) => run.watched));
      return [`>${watched * factor}`, null, "beyond"];
    };
    const bound = (share, factor) => show(reachedBy(times, share), factor)[0];
    const factor = cell.updates_an_epoch;
    return {
      shown: {
        epochs: show(reachedBy(times, 0.5), 1),
        updates: show(reachedBy(times, 0.5), factor),
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
