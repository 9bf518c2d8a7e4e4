// The slider for a looser target.

import { byId, t } from "../dom.js";
import { grid, set, state, subscribe } from "../store.js";

function refreshTarget() {
  const { counted, levels, repeats } = grid();
  const target = levels[state.level];
  byId("target").hidden = levels.length < 2;
  byId("target").classList.toggle("moved", state.level > 0);
  byId("level").max = levels.length - 1;
  byId("level").value = state.level;
  const text = state.level ? String(target) : t("own target", { target });
  byId("level-value").textContent = text;
  byId("level").setAttribute("aria-valuetext", text);
  byId("level-reset").disabled = !state.level; // it keeps its place, so that the slider keeps its width
  byId("level-note").textContent = state.level
    ? [t("recounted", { target }),
      counted.repeats < repeats ? t("recounted from", { n: counted.repeats, all: repeats }) : ""].join(" ")
    : t("stricter");
}

export function buildTarget() {
  byId("level").addEventListener("input", (event) => set({ level: Number(event.target.value) }));
  byId("level-reset").addEventListener("click", () => {
    set({ level: 0 });
    byId("level").focus();
  });
  subscribe(["language", "grid", "level"], refreshTarget);
}
