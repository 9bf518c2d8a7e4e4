// The chips: the runs that are compared, each with its letter and its line.

import { DASHES } from "../charts/losses.js";
import { byId, cellName, lineSample, make, noneShown, t, unseen } from "../dom.js";
import { RUNS, compared } from "../recordings.js";
import { set, state, subscribe } from "../store.js";
import { choose } from "./choice.js";

let shown = null; // what the chips say, so that they are not made anew in each frame of a run

function refreshChips() {
  const { dropped } = state;
  byId("status").textContent = dropped === null ? "" : t("dropped", { cell: cellName(dropped) });
  const words = compared().map(({ letter, name }) => letter + name).join();
  if (words === shown) return;
  shown = words;
  const chips = compared().map(({ slot, letter, name }) =>
    make("li", { class: `slot-${slot}` }, make("button", { type: "button", onclick: () => remove(slot) },
      make("span", { class: "badge" }, letter),
      lineSample({ "stroke-dasharray": DASHES[slot] }),
      name, make("span", { class: "cross", "aria-hidden": "true" }, "×"), unseen(`: ${t("remove")}`))));
  byId("chips").replaceChildren(...(chips.length ? chips : [make("li", { class: "note" }, noneShown())]));
}

function remove(slot) {
  const cell = state.slots[slot]; // undefined for L
  if (cell === undefined) set({ labRun: null, training: null });
  else choose(cell);
  (byId("chips").querySelector("button") ?? byId(`cell-${cell ?? state.pointed}`) ?? byId("lab-title").parentElement).focus();
}

export function buildChips() {
  subscribe(["language"], () => (shown = null));
  subscribe(RUNS, refreshChips);
}
