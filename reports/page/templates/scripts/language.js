// The switch of the language, and the words that a page's template holds.

import { byId, say, t } from "./dom.js";
import { PAGE, set, state, subscribe } from "./store.js";

function refreshWords() {
  document.documentElement.lang = { en: "en", zh: "zh-Hans" }[state.language];
  document.title = byId("title").textContent = say(PAGE.title);
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  byId("language").querySelector(`[value=${state.language}]`).checked = true;
}

export function buildLanguage() {
  for (const input of byId("language").querySelectorAll("input")) {
    input.addEventListener("change", () => set({ language: input.value }));
  }
  subscribe(["language"], refreshWords);
}
