// How much alike hand-ins are: a square for each pair, and the groups in words.

import { byId, make, t } from "../dom.js";
import { PAGE, subscribe } from "../store.js";
import { look } from "./details.js";
import { groupName } from "./list.js";

const SIDE = 14; // of a square

const nameOf = (place) => PAGE.hand_ins[place].name;

function pairText(i, j) {
  const { places, shared, surprise } = PAGE.similarity;
  return t("pair", { one: nameOf(places[i]), other: nameOf(places[j]), n: shared[i][j], surprise: surprise[i][j] });
}

function matrix(said) {
  const { places, surprise, copied } = PAGE.similarity;
  const n = places.length;
  const squares = places.flatMap((_, i) => places.map((__, j) => [i, j]))
    .filter(([i, j]) => j < i)
    .map(([i, j]) => make("rect", {
      x: SIDE * j, y: SIDE * i, width: SIDE - 1, height: SIDE - 1,
      class: surprise[i][j] >= copied ? "square alike" : "square",
      "fill-opacity": Math.min(1, 0.06 + (0.94 * surprise[i][j]) / (1.5 * copied)).toFixed(3),
      onpointerenter: () => { said.textContent = pairText(i, j); },
      onclick: () => look(places[i]),
    }));
  return make("svg", { class: "matrix", viewBox: `-1 -1 ${SIDE * n + 2} ${SIDE * n + 2}`, width: SIDE * n + 2, role: "img", "aria-label": t("similarity") }, ...squares);
}

function groups() {
  const { places, shared } = PAGE.similarity;
  return PAGE.clusters.map((members, cluster) => {
    const pairs = members.flatMap((a, k) => members.slice(k + 1).map((b) => [places.indexOf(a), places.indexOf(b)]));
    const counts = pairs.filter(([i, j]) => i >= 0 && j >= 0).map(([i, j]) => shared[i][j]);
    const few = Math.min(...counts);
    const most = Math.max(...counts);
    return make("li", {}, `${t("group", { letter: groupName(cluster) })}: `,
      ...members.flatMap((place, k) => [k ? ", " : "", make("button", { type: "button", class: "link", onclick: () => look(place) }, nameOf(place))]),
      counts.length ? ` (${t("in common", { n: few === most ? few : `${few} – ${most}` })})` : "");
  });
}

function refreshSimilarity() {
  const n = PAGE.similarity.places.length;
  if (n < 2) {
    byId("similarity").replaceChildren(make("p", { class: "note" }, t(PAGE.hand_ins.length > 150 ? "none alike" : "few compared")));
    return;
  }
  const said = make("p", { class: "note said" }, "\u00a0");
  byId("similarity").replaceChildren(
    PAGE.clusters.length ? make("ul", { class: "findings" }, ...groups()) : make("p", {}, t("none alike")),
    make("p", { class: "note" }, t("similarity help")),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("similarity") }, matrix(said)), said);
}

export function buildSimilarity() {
  subscribe(["language"], refreshSimilarity);
}
