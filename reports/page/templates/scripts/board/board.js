// The board: a table of buttons, which arrow keys walk.

import { buildSwitch, byId, cellName, inWords, make, say, t, unseen } from "../dom.js";
import { LETTERS } from "../recordings.js";
import { PAGE, derived, grid, set, state, subscribe } from "../store.js";
import { begin, choose } from "./choice.js";
import { counts } from "./recount.js";

const COSTS = ["epochs", "updates"];

// What the board shows of a cell: as computed for the run, or as recounted.
export function shownOf(cell, measure) {
  return counts()?.[cell].shown[measure] ?? grid().cells[cell].shown[measure];
}

// The name of what the board shows: `value` is the metric that trials are judged by.
export const measureName = (measure) => (measure === "value" ? say(grid().metric) : t(measure));

export function convergedOf(cell) {
  const { n, states } = grid().cells[cell];
  return counts() ? counts()[cell] : { n, converged: states.converged ?? 0 };
}

function buildTable() {
  const { rows: down, columns: across, cells } = grid();
  const places = new Map(cells.map((cell, i) => [`${cell.row} ${cell.column}`, i]));
  const columns = across ? across.values : [t("cells shown")];
  const head = make("tr", {},
    make("td", { class: "corner" }, `${say(down.name)} ↓`, make("br"), across ? `${say(across.name)} →` : ""),
    ...columns.map((value) => make("th", { scope: "col" }, say(value))));
  const rows = down.values.map((value, row) =>
    make("tr", {}, make("th", { scope: "row" }, say(value)), ...columns.map((_, column) => {
      const cell = places.get(`${row} ${column}`);
      if (cell === undefined) return make("td", {}, t("not trained"));
      return make("td", {}, make("button", {
        type: "button", id: `cell-${cell}`, "data-cell": cell,
        onclick: () => choose(cell),
        onpointerenter: () => set({ pointed: cell }),
        onfocus: () => set({ pointed: cell }),
        onkeydown: (event) => walk(event, row, column, places),
      }));
    })));
  const many = cells.length > 40 && across;
  byId("board").className = ["board", many ? "many" : "", across ? "" : "list"].join(" ");
  byId("board").style.minWidth = `${64 + (many ? 76 : 54) * columns.length}px`; // a wider one scrolls
  const names = { rows: say(down.name), columns: across ? say(across.name) : "" };
  byId("board-title").textContent = t(across ? "board" : "list");
  byId("board").replaceChildren(
    make("caption", { class: "unseen" }, `${t(across ? "board" : "list")}: ${t(across ? "rows by columns" : "rows alone", names)}. ${t("board help")}`),
    make("thead", {}, head), make("tbody", {}, ...rows));
}

function walk(event, row, column, places) {
  const moves = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    Home: [row, 0], End: [row, (grid().columns?.values.length ?? 1) - 1],
  };
  if (!(event.key in moves)) return;
  event.preventDefault();
  const cell = places.get(moves[event.key].join(" "));
  if (cell !== undefined) byId(`cell-${cell}`).focus();
}

// Colours go from low to high as cells get better; costs by their logarithms.
export function shadesOf(shown, measure) {
  const values = shown.map(([, value, kind]) => {
    if (kind !== "number") return null;
    if (COSTS.includes(measure)) return -Math.log(Math.max(value, 1e-9));
    return measure === "value" ? value : Math.max(value, 0); // an R² below 0 would fade all others
  });
  const known = values.filter((value) => value !== null);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return values.map((value) => (value === null ? null : span ? (value - low) / span : 1));
}

function refreshBoard() {
  const { cells, shown } = grid();
  const shares = shadesOf(cells.map((_, cell) => shownOf(cell, state.measure)), state.measure);
  const most = Math.max(...shares.filter((share) => share !== null));
  cells.forEach((_, cell) => showCell(cell, shares[cell], shares[cell] !== null && shares[cell] === most));
  const hatched = cells.some((_, cell) => shownOf(cell, state.measure)[2] !== "number");
  byId("scale").replaceChildren(
    make("span", { class: "shades" }, t("bad")), make("span", { class: "shades ramp" }), make("span", { class: "shades" }, t("good")),
    make("span", {}, t("best here")),
    ...(hatched && shown[0] === "epochs" ? [make("span", { class: "shades" }, t("hatched"))] : []));
}

// What a cell shows is also its name, with words between that only a screen reader says.
function showCell(cell, share, best) {
  const button = byId(`cell-${cell}`);
  const [text, , kind] = shownOf(cell, state.measure);
  const [main, other] = grid().shown;
  const second = state.measure === main ? other : main;
  const { n, converged } = convergedOf(cell);
  const slot = state.slots.indexOf(cell);
  paint(button, kind, share, best);
  if (slot >= 0) button.classList.add(`slot-${slot}`);
  const small = [];
  if (second) small.push(unseen(`; ${measureName(second)} `), make("span", {}, inWords(shownOf(cell, second)[0])));
  if (main === "epochs" && n > 1 && converged < n) {
    small.push(unseen(`; ${t("did converge")}: `), make("span", {}, `${converged}/${n}`));
  }
  button.replaceChildren(
    unseen(`${cellName(cell, true)}: ${measureName(state.measure)} `),
    make("span", { class: "value" }, inWords(text)),
    make("span", { class: "small" }, ...small),
    unseen(best ? `; ${t("best here")}` : ""),
    slot < 0 ? "" : make("span", { class: "badge" }, LETTERS[slot]));
  button.setAttribute("aria-pressed", slot >= 0);
}

// Give a button of a board its colour, or the pattern of what is no number.
export function paint(button, kind, share, best) {
  button.className = best ? `${kind} best` : kind;
  button.style.background = button.style.color = "";
  if (kind !== "number") return;
  const shade = between(stops(), share);
  button.style.background = `rgb(${shade.join(" ")})`;
  button.style.color = luminance(shade) > 0.179 ? "#000" : "#fff";
}

// Of all cells the one that is pointed at is reached by the Tab key.
function refreshPointed() {
  byId("board").querySelector("button[tabindex='0']")?.setAttribute("tabindex", -1);
  byId(`cell-${state.pointed}`).tabIndex = 0;
}

// Read once for all cells: each reading makes a browser compute the styles anew.
const stops = derived(["dark", "printing"], () => ["--low", "--middle", "--high"].map(rgb));
function rgb(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
function between(colours, share) {
  const place = Math.min(share * (colours.length - 1), colours.length - 1.001);
  const i = Math.floor(place);
  return colours[i].map((low, c) => Math.round(low + (place - i) * (colours[i + 1][c] - low)));
}
function luminance(shade) {
  const linear = shade.map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

export function buildBoard() {
  subscribe(["language", "grid", "measure"], () =>
    buildSwitch("measure", t("measure"), grid().shown.map((name) => [name, measureName(name)]), state.measure,
      (measure) => set({ measure })));
  subscribe(["language", "grid"], () => {
    byId("grids").hidden = PAGE.grids.length < 2;
    buildSwitch("grids", PAGE.grids_name ? say(PAGE.grids_name) : t("part"),
      PAGE.grids.map(({ name }, i) => [i, say(name)]), state.grid, begin);
  });
  subscribe(["language", "grid"], buildTable);
  subscribe(["language", "grid", "measure", "level", "slots", "dark", "printing"], refreshBoard);
  subscribe(["language", "grid", "pointed"], refreshPointed);
}
