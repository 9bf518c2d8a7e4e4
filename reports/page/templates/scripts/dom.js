// Words and elements.

import { PAGE, grid, state } from "./store.js";

const LANGUAGES = ["en", "zh"];
const SVG = ["svg", "g", "line", "circle", "path", "text", "rect", "clipPath"];

export const byId = (id) => document.getElementById(id);

export function say(text) {
  return Array.isArray(text) ? text[LANGUAGES.indexOf(state.language)] : String(text);
}

export function t(name, values = {}) {
  return say(PAGE.words[name]).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// A text of a cell is a number, or the name of a word such as diverged.
export const inWords = (text) => (Object.hasOwn(PAGE.words, text) ? t(text) : text);

export const cellName = (cell, long = false) => say(grid().cells[cell][long ? "long" : "name"]);

// What is said where no run is shown.
export const noneShown = () => t(grid().cells.length ? "none chosen" : "none trained");

export const lossText = (loss) =>
  Number.isFinite(loss) ? String(Number(loss.toPrecision(3))) : t("diverged");

// Make an element; what it shows are texts and elements, never markup.
export function make(tag, attributes = {}, ...content) {
  const element = SVG.includes(tag)
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

// A piece of a line, as a key to those of a chart.
export const lineSample = (attributes) => make("svg", { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" },
  make("line", { x1: 0, x2: 26, y1: 4, y2: 4, ...attributes }));

// What only a screen reader says.
export const unseen = (text) => make("span", { class: "unseen" }, text);

// The switch for one of several values.
export function buildSwitch(id, legend, values, current, change) {
  const focused = byId(id).contains(document.activeElement);
  byId(id).replaceChildren(make("legend", { class: "unseen" }, legend),
    make("span", { class: "legend", "aria-hidden": "true" }, legend),
    ...values.map(([value, words]) => make("label", {},
      make("input", { type: "radio", name: id, value, checked: value === current, onchange: () => change(value) }),
      make("span", {}, words))));
  if (focused) byId(id).querySelector(":checked")?.focus();
}

// Copy a text, and show it in the element PART-text: not every browser lets a page from a disk reach the clipboard.
export async function copy(part, text) {
  byId(`${part}-text`).hidden = false;
  byId(`${part}-text`).textContent = text;
  try {
    await navigator.clipboard.writeText(text);
    byId(`${part}-copied`).textContent = t("copied");
  } catch {
    byId(`${part}-copied`).textContent = t("not copied");
    getSelection().selectAllChildren(byId(`${part}-text`));
  }
}

// What was copied is no longer what is shown.
export function uncopy(part) {
  byId(`${part}-text`).hidden = true;
  byId(`${part}-copied`).textContent = "";
}
