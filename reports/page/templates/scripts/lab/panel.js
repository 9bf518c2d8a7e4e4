// The panel "Train here": a form of settings, one run at a time, and how it compares with the table.

import { buildSwitch, byId, cellName, copy, lossText, make, say, t, uncopy } from "../dom.js";
import { lossesOf } from "../recordings.js";
import { grid, set, state, subscribe } from "../store.js";
import { PACES, stop, train } from "./run.js";
import {
  FIELDS, commandOf, fieldOf, linkOf, nameOf, parsed, runInTable, settingsOf, settingsOfLink, shownSettings, textsOf, valueText,
} from "./settings.js";

function input({ name, kind, choices, presets }) {
  const id = `lab-${name}`;
  if (kind === "choice") {
    return [make("select", { id, name }, ...choices.map(([value, words]) => make("option", { value }, say(words))))];
  }
  const of = grid().cells.map((cell) => cell.settings[name]).filter((value) => value !== undefined);
  const some = [...new Set([...(presets ?? []), ...of].map((value) => String(value ?? "full")))];
  return [
    make("input", { id, name, type: "text", inputmode: kind === "batch" ? "text" : "decimal", autocomplete: "off", spellcheck: "false",
      list: some.length ? `${id}-list` : null }),
    some.length ? make("datalist", { id: `${id}-list` }, ...some.map((value) => make("option", { value }))) : null,
  ];
}

function buildForm() {
  byId("lab-form").replaceChildren(...FIELDS.map((field) =>
    make("label", { class: "field" }, make("span", {}, say(field.label)), ...input(field))));
}

function refreshForm() {
  const texts = shownSettings();
  for (const { name } of FIELDS) {
    const element = byId(`lab-${name}`);
    if (element !== document.activeElement) element.value = texts[name];
    element.setAttribute("aria-invalid", parsed(texts).settings[name] === undefined);
  }
  const { errors } = parsed(texts);
  byId("lab-errors").replaceChildren(...errors.map((error) => make("li", {}, error)));
  byId("train").disabled = errors.length > 0 && !state.training;
  byId("lab-command").disabled = errors.length > 0;
  const cell = grid().cells[state.pointed];
  byId("lab-source").textContent = !cell ? "" : state.typed ? "" : t("filled from", { cell: cellName(state.pointed) });
  byId("lab-fill").hidden = !cell || !state.typed;
  if (cell) byId("lab-fill").textContent = t("fill from", { cell: cellName(state.pointed) });
}

function refreshButtons() {
  byId("train").textContent = t(state.training ? "stop" : "train");
  byId("train").setAttribute("aria-pressed", Boolean(state.training));
  buildSwitch("pace", t("pace"), Object.keys(PACES).map((pace) => [pace, t(pace)]), state.pace, (pace) => set({ pace }));
  byId("lab-command").hidden = !grid().lab.command;
}

// How a run stands, and at its end how that compares with the table.
function refreshReading() {
  const run = state.labRun;
  if (!run) {
    byId("lab-reading").textContent = byId("lab-result").textContent = "";
    return;
  }
  const losses = lossesOf(run.recording);
  const loss = losses.length ? t("loss now", { loss: lossText(losses[losses.length - 1]) }) : "";
  byId("lab-reading").textContent = [`L · ${nameOf(run.settings)}${t("colon")}${t("at epoch", { epoch: run.epoch })}`, loss].filter(Boolean).join(t("comma"));
  byId("lab-result").textContent = run.ending ? `${t(`ended ${run.ending}`, { epoch: run.epoch })}${comparison(run)}` : "";
}

// How a run ended in comparison with the table's, of which each repeat is a run of its own.
function comparison({ settings, ending, epoch, from }) {
  const ended = (run) => t(`ended ${run.ending}`, { epoch: run.epochs });
  const same = runInTable(settings);
  if (same && (same.epochs !== epoch || same.ending !== ending)) return t("not as in the table", { ended: ended(same) });
  if (same) return t(grid().repeats > 1 ? "as in its repeat" : "as in the table", { repeat: settings.repeat });
  const cell = grid().cells.indexOf(from);
  if (cell < 0) return t("full stop");
  const [own, texts] = [settingsOf(from), textsOf(settings)];
  const changed = FIELDS.filter(({ name }) => own[name] !== texts[name]);
  const before = runInTable(parsed(own).settings);
  if (!before || !changed.length) return t("full stop");
  const repeat = grid().repeats > 1 ? [`${say(fieldOf("repeat").label)} ${own.repeat}`] : [];
  return t("changed here", {
    cell: [cellName(cell), ...repeat].join(t("comma")), ended: ended(before),
    list: changed.map((field) => `${say(field.label)} ${valueText(field.name, own[field.name])} → ${valueText(field.name, settings[field.name])}`).join(t("comma")),
  });
}

function startOrStop() {
  if (state.training) return stop();
  const { settings, errors } = parsed(shownSettings());
  if (!errors.length) train(settings);
}

export function buildPanel() {
  byId("lab-form").addEventListener("input", ({ target }) => set({
    from: state.typed ? state.from : state.pointed, typed: { ...shownSettings(), [target.name]: target.value },
  }));
  byId("lab-form").addEventListener("submit", (event) => {
    event.preventDefault();
    startOrStop();
  });
  byId("lab-form").addEventListener("focusout", refreshForm);
  byId("lab-fill").addEventListener("click", () => {
    set({ typed: null });
    byId("train").focus();
  });
  byId("lab-command").addEventListener("click", () => {
    const { settings, errors } = parsed(shownSettings());
    if (!errors.length) copy("lab", commandOf(settings));
  });
  byId("lab-link").addEventListener("click", () => copy("lab", location.href.split("#")[0] + linkOf(shownSettings())));
  subscribe(["grid"], () => {
    byId("lab").hidden = !grid().lab?.settings;
    byId("lab-why").textContent = grid().lab && !grid().lab.settings ? say(grid().lab) : "";
  });
  const shown = (view) => () => grid().lab?.settings && view();
  subscribe(["language", "grid"], shown(buildForm));
  subscribe(["language", "grid", "pointed", "typed", "training", "repeat"], shown(refreshForm));
  subscribe(["language", "grid", "training", "pace"], shown(refreshButtons));
  subscribe(["language", "grid", "labRun"], shown(refreshReading));
  subscribe(["language", "grid", "typed"], () => uncopy("lab"));
  addEventListener("hashchange", openLab);
}

// Open the lab as a link says; without one it is closed, but on a page that is nothing else.
export function openLab() {
  const typed = grid().lab?.settings ? settingsOfLink(location.hash) : null;
  if (typed || !byId("board")) byId("lab-open").open = true;
  if (typed) {
    set({ typed });
    byId("lab").scrollIntoView();
  }
}
