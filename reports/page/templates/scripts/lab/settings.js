// The settings of the lab: what is in the form, in the address of a link, and in a command.

import { say, t } from "../dom.js";
import { PAGE, grid, state } from "../store.js";

export const FIELDS = PAGE.fields;
export const fieldOf = (name) => FIELDS.find((field) => field.name === name);
const LINK = "#train?";
const ALWAYS = ["learning_rate", "batch_size"]; // said of each run

// The settings of a cell, as they are written in the form; without a cell those of the page.
export function settingsOf(cell) {
  const defaults = Object.fromEntries(FIELDS.map((field) => [field.name, field.default]));
  const own = cell === undefined ? {} : { ...cell.settings, repeat: state.repeat };
  const all = { ...defaults, ...grid().lab.settings, ...own };
  return textsOf(all);
}

// Settings as they are written in the form.
export const textsOf = (settings) => Object.fromEntries(FIELDS.map(({ name }) => [name, String(settings[name] ?? "full")]));

// What the form shows: what was typed into it, or the settings of the cell that is pointed at.
export const shownSettings = () => state.typed ?? settingsOf(grid().cells[state.pointed]);

// The value that a text stands for, or undefined if the field can't have it.
export function valueOf({ kind, choices, least, most }, text) {
  const plain = text.normalize("NFKC").trim().toLowerCase(); // full-width digits are digits
  if (kind === "choice") return choices.find(([value]) => value === plain)?.[0];
  if (kind === "batch" && plain === "full") return null;
  const value = /^[\d.e+-]+$/.test(plain) ? Number(plain) : NaN;
  if (kind === "number") return value > 0 && value < Infinity ? value : undefined;
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

// Which values a field can have, in words.
export function allowed({ kind, label, choices, least, most }) {
  if (kind === "choice") return t("one of", { name: say(label), list: choices.map(([value]) => value).join(", ") });
  if (kind === "number") return t("above 0", { name: say(label) });
  return t(kind === "batch" ? "from to or full" : "from to", { name: say(label), least, most });
}

// The settings that texts stand for, and a sentence for each that can't be.
export function parsed(texts) {
  const settings = Object.fromEntries(FIELDS.map((field) => [field.name, valueOf(field, texts[field.name])]));
  const errors = FIELDS.filter(({ name }) => settings[name] === undefined).map(allowed);
  return { settings, errors };
}

// A value as people write it.
export function valueText(name, value) {
  const { choices } = fieldOf(name);
  if (choices) return say(choices.find(([each]) => each === String(value))[1]);
  return value === null || value === "full" ? t("full") : String(value);
}

// Settings in words, but for some: batch size, η, and whatever differs from what the page began with.
export function others(settings, apart) {
  const [usual, texts] = [settingsOf(), textsOf(settings)];
  return FIELDS.filter(({ name }) => !apart.includes(name) && (ALWAYS.includes(name) || texts[name] !== usual[name]))
    .map((field) => `${say(field.label)} ${valueText(field.name, settings[field.name])}`);
}

// A short name of a run.
export function nameOf(settings) {
  const size = valueText("batch_size", settings.batch_size);
  return [t("lab run", { size, rate: settings.learning_rate }), ...others(settings, ALWAYS)].join(t("comma")) + t("trained here");
}

// The cell whose run has these settings, and how that run ended; null if the table has none.
export function runInTable(settings) {
  const texts = textsOf(settings);
  const cell = grid().cells.findIndex((each) => {
    const own = settingsOf(each);
    return FIELDS.every(({ name }) => name === "repeat" || own[name] === texts[name]);
  });
  const { counted } = grid();
  const row = cell < 0 ? -1 : counted.cell.findIndex((each, i) => each === cell && counted.repeat[i] === settings.repeat);
  return row < 0 ? null : { cell, ending: counted.state[row], epochs: counted.watched[row] };
}

// The command that trains the same; some settings may have several values.
export function commandOf(settings, lists = {}, repeats = settings.repeat + 1) {
  const words = [grid().lab.command];
  for (const { name, default: usual } of FIELDS.filter((field) => field.name !== "repeat")) {
    const text = (lists[name] ?? [settings[name]]).map((value) => value ?? "full").join(",");
    if (ALWAYS.includes(name) || text !== String(usual)) words.push(`--${name.replaceAll("_", "-")} ${text}`);
  }
  return [...words, ...(repeats > 1 ? [`--repeats ${repeats}`] : [])].join(" ");
}

export const linkOf = (texts) => LINK + new URLSearchParams(texts).toString();

// The texts that a link has; null without one. What it has wrong or not is as on the page.
export function settingsOfLink(hash) {
  if (!hash.startsWith(LINK)) return null;
  const given = new URLSearchParams(hash.slice(LINK.length));
  const texts = settingsOf();
  for (const field of FIELDS) {
    const text = given.get(field.name);
    if (text !== null && valueOf(field, text) !== undefined) texts[field.name] = text;
  }
  return texts;
}
