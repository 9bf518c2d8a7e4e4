// The list: a row for each hand-in, which can be sorted and filtered.

import { buildSwitch, byId, make, say, t, unseen } from "../dom.js";
import { PAGE, derived, set, state, subscribe } from "../store.js";

const LIGHTS = Object.keys(PAGE.lights); // the worst first
const SHAPES = { implausible: "M8 1 15 14H1z", look: "M8 1 15 8 8 15 1 8z", typical: "M8 2a6 6 0 1 0 .01 0z", unread: "M2 2H14V14H2z" };
const COLUMNS = ["light", "name", "table", "typical", "quicker", "cluster", "seed"];

// What a column sorts by; null comes last.
const KEYS = {
  light: (each) => LIGHTS.indexOf(each.light),
  name: (each) => each.name,
  typical: (each) => each.typical ?? null,
  quicker: (each) => each.quicker ?? null,
  cluster: (each) => each.cluster,
  seed: (each) => each.seed,
};

export const groupName = (cluster) => {
  const letters = String.fromCharCode(65 + (cluster % 26));
  return cluster < 26 ? letters : `${letters}${Math.floor(cluster / 26)}`;
};

export const lightOf = (light) => make("svg", { class: `light ${light}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
  make("path", { d: SHAPES[light] }));

const collator = new Intl.Collator(undefined, { numeric: true });

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "string" ? collator.compare(a, b) : a - b;
  return state.descending ? -order : order;
}

const isShown = ({ name, light, cluster }) =>
  name.toLowerCase().includes(state.filter.trim().toLowerCase())
  && (state.light === "all" || light === state.light || (state.light === "alike only" && cluster !== null));

// The places of the hand-ins that are shown, in their order.
export const shown = derived(["light", "filter", "sorted", "descending"], () => {
  const key = KEYS[state.sorted];
  return [...PAGE.hand_ins.keys()].filter((i) => isShown(PAGE.hand_ins[i]))
    .sort((a, b) => compare(key(PAGE.hand_ins[a]), key(PAGE.hand_ins[b])) || a - b);
});

function sortBy(name) {
  set({ sorted: name, descending: state.sorted === name && !state.descending });
}

function headOf(name) {
  if (!KEYS[name]) return make("th", { scope: "col" }, t(name));
  const isSorted = state.sorted === name;
  const mark = isSorted ? (state.descending ? " ▼" : " ▲") : "";
  return make("th", { scope: "col", "aria-sort": isSorted ? (state.descending ? "descending" : "ascending") : null },
    make("button", { type: "button", class: "link", id: `sort-${name}`, onclick: () => sortBy(name) },
      t(name), make("span", { "aria-hidden": "true" }, mark)));
}

// The cells in small, each in the colour of its verdict.
function smallTable(cells) {
  const across = PAGE.board.columns.length;
  const width = 11 * across;
  const height = 9 * PAGE.board.rows.length;
  return make("svg", { class: "small-table", viewBox: `0 0 ${width} ${height}`, width: Math.min(width, 132), "aria-hidden": "true" },
    ...cells.map(({ verdict }, i) => make("rect", {
      x: 11 * (i % across), y: 9 * Math.floor(i / across), width: 10, height: 8, class: verdict.replace(" ", "-"),
    })));
}

function rowOf(place) {
  const each = PAGE.hand_ins[place];
  const cell = (...content) => make("td", {}, ...content);
  const count = each.cells ? t("cells spoken", { n: each.typical, all: each.cells.length }) : "";
  return make("tr", { "aria-selected": null, class: place === state.looked ? "looked" : "" },
    make("td", { class: "nowrap" }, lightOf(each.light), " ", say(PAGE.lights[each.light])),
    make("th", { scope: "row" }, make("button", {
      type: "button", class: "link", id: `hand-in-${place}`, "aria-pressed": String(place === state.looked),
      onclick: () => set({ looked: place }), onkeydown: walk,
    }, each.name)),
    cell(each.cells ? smallTable(each.cells) : "", unseen(count)),
    cell(each.cells ? `${each.typical} / ${each.cells.length}` : ""),
    cell(each.quicker === null || each.quicker === undefined ? "" : `${each.quicker} %`),
    cell(each.cluster === null ? "" : t("group", { letter: groupName(each.cluster) })),
    cell(each.seed === null ? "" : String(each.seed)));
}

// Arrow keys walk from name to name.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = shown()[shown().indexOf(state.looked) + step];
  if (next === undefined) return;
  set({ looked: next });
  byId(`hand-in-${next}`).focus();
}

function refreshList() {
  const focused = document.activeElement?.id;
  byId("list").replaceChildren(
    make("caption", { class: "unseen" }, t("hand-ins")),
    make("thead", {}, make("tr", {}, ...COLUMNS.map(headOf))),
    make("tbody", {}, ...shown().map(rowOf)));
  if (focused) byId(focused)?.focus({ preventScroll: true });
  const n = shown().length;
  byId("count").textContent = n ? t("shown", { n, all: PAGE.hand_ins.length }) : t("no match");
}

function refreshSwitch() {
  const { hand_ins: all } = PAGE;
  const lights = LIGHTS.filter((light) => all.some((each) => each.light === light));
  const alike = all.some(({ cluster }) => cluster !== null) ? [["alike only", t("alike only")]] : [];
  buildSwitch("lights", t("show"), [["all", t("all")], ...lights.map((light) => [light, say(PAGE.lights[light])]), ...alike],
    state.light, (light) => set({ light }));
}

export function buildList() {
  set({ looked: shown()[0] });
  byId("filter").addEventListener("input", ({ target }) => set({ filter: target.value }));
  subscribe(["language", "light"], refreshSwitch);
  subscribe(["language", "light", "filter", "sorted", "descending", "looked"], refreshList);
}
