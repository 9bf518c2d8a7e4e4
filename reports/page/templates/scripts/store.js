// What the page was given, what its reader has set, and which views show it.

export const PAGE = JSON.parse(document.getElementById("content").textContent);
export const MOST_CHOSEN = 4;

// Changed by `set` alone.
export const state = {
  language: PAGE.language,
  grid: 0, // which of PAGE.grids
  measure: PAGE.measure,
  level: 0, // which of the grid's levels; 0 is the run's own target
  pointed: 0, // the cell whose numbers are shown
  slots: [null, null, null, null], // the chosen cells, each in the place that gives its colour
  order: [], // the chosen cells in the order in which they were chosen
  dropped: null, // the cell that went when a fifth one was chosen
  logarithmic: true,
  repeat: 0,
  epoch: Infinity, // of the playback
  playing: false,
  inside: null, // the slot of the network that is looked into
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  printing: false,
  typed: null, // what was typed into the form of the lab, if anything was
  from: null, // the cell that was pointed at before
  pace: "medium", // at which the lab trains
  training: null, // the number of the lab's run while it trains
  labRun: null, // the lab's run: settings, epoch, ending, recording
  sweep: null, // the lab's sweep: what was asked for, and the runs so far
  sweepMeasure: "epochs",
};

const views = [];
let started = false;

// Call a view at the start, and whenever one of these parts of the state has changed.
export function subscribe(names, view) {
  views.push([names, view]);
}

export function set(changes) {
  const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
  Object.assign(state, changes);
  if (!started) return;
  for (const [names, view] of views) if (names.some((name) => changed.includes(name))) view();
}

export function start() {
  started = true;
  for (const [, view] of views) view();
}

// A function whose result is kept until one of these parts of the state has changed.
export function derived(names, compute) {
  let before = null;
  let result;
  return () => {
    const now = names.map((name) => state[name]);
    if (!before || now.some((value, i) => value !== before[i])) [before, result] = [now, compute()];
    return result;
  };
}

export const grid = () => PAGE.grids[state.grid];
