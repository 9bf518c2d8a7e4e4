// A sweep in the page: one setting over a list, or two as a board, each run the tool's own.

import { paint, shadesOf } from "../board/board.js";
import { costShown, quantile } from "../board/recount.js";
import { buildSwitch, byId, copy, inWords, make, say, t, uncopy, unseen } from "../dom.js";
import { grid, set, state, subscribe } from "../store.js";
import { trainAll } from "./pool.js";
import { data } from "./run.js";
import { FIELDS, allowed, commandOf, fieldOf, others, parsed, shownSettings, textsOf, valueOf, valueText } from "./settings.js";

const MOST_RUNS = 5000;
const TIMED = 3; // runs of each, of whose times the median counts
const LISTED = ["learning_rate", "batch_size", "n_hidden"]; // of which a command takes several values
const DRAWS = ["seed", "repeat"]; // what luck depends on
const UNRANKED = [...DRAWS, "target_loss", "eval_every"]; // by which no cell is better than another
const MOST_NAMED = 6; // cells in a sentence
const SHOWN = 250; // ms between two pictures of a sweep that goes on, and one more for each cell

let stop = null;

// What is asked for: axes with their values, and the settings of each run.
function question() {
  const errors = [];
  const axes = ["first", "second"].flatMap((which) => {
    const field = fieldOf(byId(`sweep-${which}`).value);
    if (!field) return [];
    const values = byId(`sweep-${which}-values`).value.split(/[,，、;；\s]+/).filter(Boolean).map((text) => valueOf(field, text));
    if (!values.length || values.includes(undefined)) errors.push(allowed(field));
    return [{ name: field.name, values: [...new Set(values)] }];
  });
  if (axes.length === 2 && axes[0].name === axes[1].name) errors.push(t("two settings"));
  const repeats = axes.some(({ name }) => name === "repeat") ? 1 : valueOf({ kind: "whole", least: 1, most: 1000 }, byId("sweep-repeats").value);
  if (!repeats) errors.push(t("from to", { name: t("repeats here"), least: 1, most: 1000 }));
  const base = parsed(shownSettings());
  errors.push(...base.errors);
  const timed = byId("sweep-timed").checked;
  const many = axes.reduce((n, { values }) => n * values.length, repeats ?? 1) * (timed ? TIMED : 1);
  if (many > MOST_RUNS) errors.push(t("too many runs", { n: many, most: MOST_RUNS }));
  return { axes, repeats, timed, base: { ...base.settings, ...(repeats > 1 ? { repeat: 0 } : {}) }, errors };
}

function cellsOf({ axes: [first, second], base }) {
  const across = first.values.map((value) => ({ ...base, [first.name]: value }));
  if (!second) return [across];
  return second.values.map((value) => across.map((settings) => ({ ...settings, [second.name]: value })));
}

function start() {
  if (stop) return finish();
  const asked = question();
  byId("sweep-errors").replaceChildren(...asked.errors.map((error) => make("li", {}, error)));
  if (asked.errors.length) return;
  const cells = cellsOf(asked).flat();
  const counts = asked.repeats > 1 ? Array.from({ length: asked.repeats }, (_, repeat) => ({ repeat })) : [{}];
  const jobs = cells.flatMap((settings, cell) => counts.flatMap((repeat) =>
    Array.from({ length: asked.timed ? TIMED : 1 }, (_, time) => ({ cell, time, settings: { ...settings, ...repeat } }))));
  const runs = cells.map(() => []);
  let left = jobs.length;
  let drawn = 0;
  stop = trainAll(jobs.map(({ settings }) => settings), data(), (number, result) => {
    const { cell, time } = jobs[number];
    runs[cell].push({ ...result, time });
    left -= 1;
    if (!left) return finish();
    if (performance.now() - drawn < SHOWN + cells.length) return;
    drawn = performance.now();
    set({ sweep: { ...state.sweep } });
  });
  uncopy("sweep");
  set({ sweep: { ...asked, cells, runs, total: jobs.length } });
}

function finish() {
  stop?.();
  stop = null;
  set({ sweep: { ...state.sweep } });
}

// What is shown of a cell: costs as on the board, the accuracy's median, and the median time.
function summary(runs) {
  const draws = runs.filter(({ time }) => time === 0)
    .map((run) => ({ ...run, state: run.ending, watched: run.epochs, epochs: run.ending === "converged" ? run.epochs : Infinity }));
  const factor = runs.length && runs[0].epochs ? runs[0].updates / runs[0].epochs : 0;
  const accuracy = quantile(draws.map((run) => run.accuracy).filter(Number.isFinite), 0.5);
  const times = quantile(runs.map((run) => run.milliseconds), 0.5);
  const waiting = ["…", null, "none"];
  const cost = (share, by) => (draws.length ? costShown(draws, share, by) : waiting);
  const known = Number.isFinite(accuracy) ? [accuracy.toFixed(3), accuracy, "number"] : ["n/a", null, "none"];
  return {
    n: draws.length, reached: draws.filter((run) => run.epochs < Infinity).length,
    epochs: cost(0.5, 1), updates: cost(0.5, factor), spread: [cost(0.25, 1), cost(0.75, 1)],
    accuracy: draws.length ? known : waiting,
    milliseconds: runs.length ? [`${times.toFixed(0)} ms`, times, cost(0.5, 1)[2]] : waiting,
  };
}

function refreshSweep() {
  const { sweep } = state;
  if (stop && !sweep) { // it went with the data that it was of
    stop();
    stop = null;
  }
  byId("sweep-start").textContent = t(stop ? "stop" : "sweep here");
  byId("sweep-shown").hidden = !sweep;
  byId("sweep-progress").hidden = !stop;
  if (!sweep) return;
  const { axes, base, cells, runs, repeats, timed, total } = sweep;
  const done = runs.flat().length;
  byId("sweep-progress").max = total;
  byId("sweep-progress").value = done;
  const apart = [...axes.map(({ name }) => name), ...(repeats > 1 ? ["repeat"] : [])];
  byId("sweep-count").textContent = [t("runs done", { done, total }), ...others(base, apart)].join(" · ");
  const measures = ["epochs", "updates", "accuracy", ...(timed ? ["milliseconds"] : [])];
  const measure = measures.includes(state.sweepMeasure) ? state.sweepMeasure : "epochs";
  buildSwitch("sweep-measure", t("measure"), measures.map((name) => [name, t(name)]), measure, (name) => set({ sweepMeasure: name }));
  const found = runs.map(summary);
  if (shown.cells !== cells || shown.language !== state.language) buildTable(sweep);
  shown = { cells, language: state.language };
  fillTable(sweep, found, measure, done === total);
  byId("sweep-findings").replaceChildren(...(done < total ? [] : sentences(sweep, found)).map((text) => make("li", {}, text)));
  byId("sweep-command").hidden = !grid().lab.command || axes.some(({ name }) => !LISTED.includes(name)) || !cells.length;
}

// The table stays while its sweep goes on, so that a cell keeps the focus and can be clicked.
let shown = {};
function buildTable({ axes: [first, second], cells }) {
  const heads = (axis) => axis.values.map((value) => valueText(axis.name, value));
  const wide = first.values.length;
  const rows = second ? heads(second) : [t("cells shown")];
  byId("sweep-table").replaceChildren(
    make("caption", { class: "unseen" }),
    make("thead", {}, make("tr", {},
      make("td", { class: "corner" }, second ? `${say(fieldOf(second.name).label)} ↓` : "", make("br"), `${say(fieldOf(first.name).label)} →`),
      ...heads(first).map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((head, row) =>
      make("tr", {}, make("th", { scope: "row" }, head), ...first.values.map((_, column) =>
        make("td", {}, make("button", { type: "button", onclick: () => set({ typed: textsOf(cells[row * wide + column]) }) })))))));
  byId("sweep-table").style.minWidth = `${64 + 54 * wide}px`;
}

function fillTable({ axes, cells }, found, measure, whole) {
  const shares = shadesOf(found.map((each) => each[measure]), measure === "milliseconds" ? "epochs" : measure);
  const known = shares.filter((share) => share !== null);
  const ranked = whole && known.length > 1 && !axes.some(({ name }) => UNRANKED.includes(name));
  const most = Math.max(...known);
  byId("sweep-table").caption.textContent = `${t("sweep title")}${t("colon")}${t(measure)}`;
  byId("sweep-table").querySelectorAll("button").forEach((button, i) => {
    const [text, , kind] = found[i][measure];
    const { n, reached, spread: [low, high] } = found[i];
    const small = measure === "epochs" && n > 1 ? `${inWords(low[0])} – ${inWords(high[0])}${reached < n ? ` · ${reached}/${n}` : ""}` : "";
    const best = ranked && shares[i] === most;
    button.replaceChildren(unseen(`${nameIn(axes, cells[i])}${t("colon")}`), make("span", { class: "value" }, inWords(text)),
      small ? make("span", { class: "small" }, small) : "", unseen(best ? `; ${t("best here")}` : ""));
    paint(button, kind, shares[i], best);
  });
}

const nameIn = (axes, settings) =>
  t("in brackets", { list: axes.map(({ name }) => `${say(fieldOf(name).label)} ${valueText(name, settings[name])}`).join(t("comma")) });

// What a whole sweep shows, in sentences that its numbers carry.
function sentences({ axes, cells, runs, repeats, timed }, found) {
  if (cells.length < 2) return [];
  const name = (i) => nameIn(axes, cells[i]);
  const named = (where) => ({ list: where.slice(0, MOST_NAMED).map(name).join(t("comma")),
    more: where.length > MOST_NAMED ? t("and more", { n: where.length - MOST_NAMED }) : "" });
  const said = [];
  if (axes.length === 1 && DRAWS.includes(axes[0].name)) {
    const all = summary(runs.flat());
    return [t("luck here", { n: all.n, median: inWords(all.epochs[0]), low: inWords(all.spread[0][0]), high: inWords(all.spread[1][0]), reached: all.reached })];
  }
  if (axes.some(({ name: axis }) => UNRANKED.includes(axis))) return [];
  const least = (measure) => {
    const numbers = found.map((each) => (each[measure][2] === "number" ? each[measure][1] : Infinity));
    const low = Math.min(...numbers);
    return { low, where: numbers.flatMap((value, i) => (value === low && low < Infinity ? [i] : [])) };
  };
  const epochs = least("epochs");
  if (!epochs.where.length) {
    const accurate = found.map(({ accuracy: [, value] }) => value ?? -Infinity);
    const most = Math.max(...accurate);
    const { list, more } = named(accurate.flatMap((value, i) => (value === most ? [i] : [])));
    if (most > -Infinity) said.push(t("none converged", { accuracy: most.toFixed(3), cell: list + more }));
  } else if (epochs.where.length > 1) {
    said.push(t(repeats > 1 ? "several lowest" : "several best", { ...named(epochs.where), spent: found[epochs.where[0]].epochs[0] }));
  } else {
    const [best] = epochs.where;
    const words = { cell: name(best), spent: found[best].epochs[0], cost: t("epochs"), unit: t("unit epochs"), n: repeats,
      accuracy: found[best].accuracy[1] === null ? "" : t("with accuracy", { accuracy: found[best].accuracy[0] }) };
    said.push(repeats > 1 ? t("best of repeats", words) : t("best of one draw", words));
    const upper = found[best].spread[1][1] ?? Infinity;
    const near = found.filter(({ spread: [[, low]] }, i) => i !== best && low !== null && low <= upper).length;
    if (repeats > 1 && near) said.push(t("overlap", { k: near }));
  }
  const updates = least("updates");
  if (updates.where.length === 1 && epochs.where.length && !epochs.where.includes(updates.where[0])) {
    said.push(t("other cost", { cost: t("updates"), unit: t("unit updates"), cell: name(updates.where[0]),
      spent: found[updates.where[0]].updates[0], median: repeats > 1 ? t("by median") : "" }));
  }
  const never = found.flatMap(({ reached }, i) => (reached ? [] : [i]));
  if (never.length && never.length < found.length) {
    said.push(t("never here", named(never)));
  }
  if (timed) {
    const time = least("milliseconds");
    const timely = found.filter(({ milliseconds: [, , kind] }) => kind === "number");
    if (timely.length > 1 && time.where.length === 1) said.push(t("fastest", { cell: name(time.where[0]), spent: found[time.where[0]].milliseconds[0], n: TIMED * repeats }));
  }
  return said;
}

function buildForm() {
  for (const [which, usual] of [["first", "learning_rate"], ["second", "batch_size"]]) {
    const select = byId(`sweep-${which}`);
    const before = select.value || usual;
    select.replaceChildren(...(which === "second" ? [make("option", { value: "none" }, t("no second"))] : []),
      ...FIELDS.map(({ name, label }) => make("option", { value: name }, say(label))));
    select.value = before;
    if (!byId(`sweep-${which}-values`).value) byId(`sweep-${which}-values`).value = suggestion(before);
  }
}

// Values to begin with: those of the table, or some around the usual.
function suggestion(name) {
  const of = [...new Set(grid().cells.map((cell) => cell.settings[name]).filter((value) => value !== undefined))];
  const some = { learning_rate: [0.1, 0.3, 0.5, 0.7], batch_size: [2, 5, 10, 15], n_hidden: [2, 3, 4, 6, 8],
    seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], repeat: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], max_epochs: [1000, 3000, 10000], eval_every: [10, 50, 100] };
  const { choices, presets } = fieldOf(name) ?? {};
  return (of.length > 1 ? of : choices?.map(([value]) => value) ?? some[name] ?? presets ?? []).map((value) => value ?? "full").join(", ");
}

export function buildSweep() {
  for (const which of ["first", "second"]) {
    byId(`sweep-${which}`).addEventListener("change", ({ target }) => {
      byId(`sweep-${which}-values`).value = suggestion(target.value);
    });
  }
  byId("sweep-form").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  byId("sweep-command").addEventListener("click", () => {
    const { axes, repeats, base } = state.sweep;
    copy("sweep", commandOf(base, Object.fromEntries(axes.map(({ name, values }) => [name, values])), Math.max(repeats, base.repeat + 1)));
  });
  subscribe(["language", "grid"], () => grid().lab?.settings && buildForm());
  subscribe(["language", "sweep", "sweepMeasure", "dark"], refreshSweep);
}
