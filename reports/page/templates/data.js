"use strict";
// What the page was given, what its reader has set, and how both become words and elements.

const PAGE = JSON.parse(document.getElementById("content").textContent);
const LANGUAGES = ["en", "zh"];
const MOST_CHOSEN = 4;

const state = {
  language: PAGE.language,
  grid: 0, // which of PAGE.grids
  measure: PAGE.measure,
  level: 0, // which of the grid's levels; 0 is the run's own target
  pointed: 0, // the cell whose numbers are shown
  slots: [null, null, null, null], // the chosen cells, each in the place that gives its colour
  logarithmic: true,
  repeat: 0,
  epoch: Infinity, // of the playback
  inside: null, // the cell that is looked into
};

const grid = () => PAGE.grids[state.grid];
const chosen = () => state.slots.map((cell, slot) => ({ cell, slot })).filter((c) => c.cell !== null);
const byId = (id) => document.getElementById(id);

function say(text) {
  return Array.isArray(text) ? text[LANGUAGES.indexOf(state.language)] : String(text);
}

function t(name, values = {}) {
  return say(PAGE.words[name]).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// A text of a cell is a number, or the name of a word such as diverged.
const inWords = (text) => (Object.hasOwn(PAGE.words, text) ? t(text) : text);

const cellName = (cell, long = false) => say(grid().cells[cell][long ? "long" : "name"]);

const lossText = (loss) => (Number.isFinite(loss) ? String(Number(loss.toPrecision(3))) : t("diverged"));

// Make an element; what it shows are texts and elements, never markup.
function make(tag, attributes = {}, ...content) {
  const svg = ["svg", "line", "circle"].includes(tag);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...content.filter((each) => each !== null));
  return element;
}

function decoded(text, Type) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const read = Type === Int32Array ? "getInt32" : "getFloat32";
  return Type.from({ length: bytes.length / 4 }, (_, i) => view[read](4 * i, true));
}

// Arrays are read when they are first asked for: most of a large grid is never looked at.
const kept = new WeakMap();
function array(holder, name, Type) {
  if (!kept.has(holder)) kept.set(holder, {});
  const arrays = kept.get(holder);
  return (arrays[name] ??= holder[name] === undefined ? null : decoded(holder[name], Type));
}

const epochsOf = (recording) => array(recording, "epochs", Int32Array);
const lossesOf = (recording) => array(recording, "losses", Float32Array);
const recordingsOf = (cell) => grid().recordings.filter((r) => r.cell === cell);
const recordingOf = (cell, repeat) =>
  grid().recordings.find((r) => r.cell === cell && r.repeat === repeat);

// The last place whose epoch is at most the one given; -1 before the first.
function placeAt(epochs, epoch) {
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
function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
