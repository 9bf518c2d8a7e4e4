// Which cells are chosen.

import { MOST_CHOSEN, PAGE, set, state } from "../store.js";

function chosen(order) {
  return { order, slots: state.slots.map((_, slot) => order[slot] ?? null), dropped: null };
}

// Choose a cell or let it go; of five the first one goes.
export function choose(cell) {
  const slots = [...state.slots];
  let order = state.order.filter((each) => each !== cell);
  let dropped = null;
  if (slots.includes(cell)) {
    slots[slots.indexOf(cell)] = null;
  } else {
    if (order.length === MOST_CHOSEN) {
      [dropped, ...order] = order;
      slots[slots.indexOf(dropped)] = null;
    }
    slots[slots.indexOf(null)] = cell;
    order.push(cell);
  }
  set({ slots, order, dropped });
}

export function chooseOnly(cells) {
  const some = cells.slice(0, MOST_CHOSEN);
  set({ ...chosen(some), pointed: some[0] ?? state.pointed });
}

// Show a grid, with the cells that were chosen in the one before as far as it has them too.
export function begin(number) {
  const [before, after] = [PAGE.grids[state.grid], PAGE.grids[number]];
  const kept = new Map(state.slots.flatMap((cell, slot) => {
    const same = cell === null ? -1 : placeOf(after, before, before.cells[cell]);
    return same < 0 ? [] : [[slot, same]];
  }));
  const some = kept.size ? {
    slots: state.slots.map((_, slot) => kept.get(slot) ?? null),
    order: state.order.map((cell) => kept.get(state.slots.indexOf(cell))).filter((cell) => cell !== undefined),
    dropped: null,
  } : chosen(defaults(after));
  const [main] = after.shown;
  set({
    ...some, pointed: some.order[0], grid: number, inside: null, from: null,
    ...(after.lab?.data === before.lab?.data ? {} : { labRun: null, training: null, sweep: null }),
    measure: after.shown.includes(state.measure) ? state.measure : main,
    level: Math.min(state.level, after.levels.length - 1),
    logarithmic: state.logarithmic && !after.maximize,
    repeat: Math.min(state.repeat, Math.max(Math.min(PAGE.paths, after.curves) - 1, 0)),
  });
}

// The cell of a grid with the values of a cell of another one; -1 if there is none.
function placeOf(grid, other, { row, column }) {
  const values = ({ rows, columns }, cell) =>
    [rows.name, rows.values[cell.row], columns?.name, columns?.values[cell.column]].join("|");
  const wanted = values(other, { row, column });
  return grid.cells.findIndex((cell) => values(grid, cell) === wanted);
}

// The best cell, and the slowest one that was trained to its end.
function defaults({ cells, shown: [main], findings }) {
  const sign = main === "value" ? -1 : 1; // the number of a value says how good it is
  const cost = ({ shown: { [main]: [, value, kind] } }) => (kind === "beyond" ? Infinity : value === null ? -Infinity : sign * value);
  const price = ({ shown: { [main]: [, value] } }) => (value === null ? Infinity : sign * value);
  const cheapest = cells.reduce((first, cell, i) => (price(cell) < price(cells[first]) ? i : first), 0);
  const best = findings.find((finding) => finding.cells.length)?.cells[0] ?? cheapest;
  const slowest = cells.reduce((last, cell, i) => (cost(cell) >= cost(cells[last]) ? i : last), 0);
  return [...new Set([best, slowest])];
}
