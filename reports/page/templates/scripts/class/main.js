// The page of a class: which hand-in is looked at, which are shown, and in which order.

import { byId, make, say, t } from "../dom.js";
import { buildLanguage } from "../language.js";
import { PAGE, start, state, subscribe } from "../store.js";
import { buildDetails } from "./details.js";
import { buildList } from "./list.js";
import { buildSimilarity } from "./similarity.js";

const MOST_NAMED = 12; // files that were skipped for one reason

Object.assign(state, { looked: 0, light: "all", filter: "", sorted: "light", descending: false });

function refreshText() {
  byId("headline").textContent = say(PAGE.headline);
  byId("skipped").hidden = !PAGE.skipped.length;
  byId("skipped-files").replaceChildren(...PAGE.skipped.map(([reason, names]) => {
    const more = names.length > MOST_NAMED ? ` ${t("more", { n: names.length - MOST_NAMED })}` : "";
    return make("li", {}, `${names.slice(0, MOST_NAMED).join(", ")}${more}: ${reason}`);
  }));
  byId("about-body").replaceChildren(...PAGE.about.map((text) => make("li", {}, say(text))));
}

buildLanguage();
subscribe(["language"], refreshText);
buildList();
buildDetails();
buildSimilarity();
start();
