// What was recorded of training runs, and the runs that are compared.

import { cellName } from "./dom.js";
import { derived, grid, state } from "./store.js";

export const LETTERS = "ABCD";

function decoded(text, Type) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const read = Type === Int32Array ? "getInt32" : "getFloat32";
  return Type.from({ length: bytes.length / 4 }, (_, i) => view[read](4 * i, true));
}

// Arrays are read when they are first asked for: most of a large grid is never looked at.
const kept = new WeakMap();
export function array(holder, name, Type) {
  if (typeof holder[name] !== "string") return holder[name] ?? null;
  if (!kept.has(holder)) kept.set(holder, {});
  return (kept.get(holder)[name] ??= decoded(holder[name], Type));
}

export const epochsOf = (recording) => array(recording, "epochs", Int32Array);
export const lossesOf = (recording) => array(recording, "losses", Float32Array);
export const samples = (name) => array(grid().curve, name, Float32Array);

// The runs that are compared: a letter and a name, and the recordings of their repeats.
export const compared = derived(["grid", "slots", "language"], () =>
  state.slots.flatMap((cell, slot) => (cell === null ? [] : [{
    slot, cell, letter: LETTERS[slot], name: cellName(cell),
    recordings: grid().recordings.filter((recording) => recording.cell === cell),
  }])));

// Those of them whose parameters were kept in the repeat that is played.
export const played = derived(["grid", "slots", "language", "repeat"], () =>
  compared().flatMap((run) => {
    const recording = run.recordings.find(({ repeat }) => repeat === state.repeat);
    return recording?.path ? [{ ...run, recording }] : [];
  }));

// The last place whose epoch is at most the one given; -1 before the first.
export function placeAt(epochs, epoch) {
  let low = -1;
  let high = epochs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (epochs[middle] <= epoch) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The least and the greatest of some numbers, of which there may be too many for Math.min.
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
