// What was recorded of training runs, and the runs that are compared.

import { cellName } from "./dom.js";
import { nameOf } from "./lab/settings.js";
import { derived, grid, state } from "./store.js";

export const LETTERS = "ABCDL"; // L is the run of the lab
const LAB = 4;

function decoded(text, Type) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const size = Type.BYTES_PER_ELEMENT;
  const read = { Int32Array: "getInt32", Float32Array: "getFloat32", Float64Array: "getFloat64" }[Type.name];
  return Type.from({ length: bytes.length / size }, (_, i) => view[read](size * i, true));
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
export const RUNS = ["language", "grid", "slots", "labRun"];
export const compared = derived(RUNS, () => [
  ...state.slots.flatMap((cell, slot) => (cell === null ? [] : [{
    slot, letter: LETTERS[slot], name: cellName(cell),
    recordings: grid().recordings.filter((recording) => recording.cell === cell),
  }])),
  ...(state.labRun ? [{ slot: LAB, letter: LETTERS[LAB], name: nameOf(state.labRun.settings), recordings: [state.labRun.recording] }] : []),
]);

// Those of them whose parameters were kept in the repeat that is played.
export const PLAYED = [...RUNS, "repeat"];
export const played = derived(PLAYED, () =>
  compared().flatMap((run) => {
    const recording = run.recordings.find(({ repeat }) => repeat === state.repeat || run.slot === LAB);
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
