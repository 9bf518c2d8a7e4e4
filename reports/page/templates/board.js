// The board: a table of buttons, which arrow keys walk.

const COSTS = ["epochs", "updates"];

// What the board shows of a cell: as computed for the run, or as recounted.
let counts = null;
function shownOf(cell, measure) {
  return counts?.[cell].shown[measure] ?? grid().cells[cell].shown[measure];
}
// The name of what the board shows: `value` is the metric that trials are judged by.
const measureName = (measure) => (measure === "value" ? say(grid().metric) : t(measure));

function convergedOf(cell) {
  const { n, states } = grid().cells[cell];
  return counts ? counts[cell] : { n, converged: states.converged ?? 0 };
}

function buildBoard() {
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
        onpointerenter: () => point(cell),
        onfocus: () => point(cell),
        onkeydown: (event) => walk(event, row, column, places),
      }));
    })));
  const many = cells.length > 40 && across;
  byId("board").className = [many ? "many" : "", across ? "" : "list"].join(" ");
  byId("board").style.minWidth = `${64 + (many ? 76 : 62) * columns.length}px`; // a wider one scrolls
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
function shades() {
  const values = grid().cells.map((_, cell) => {
    const [, value, kind] = shownOf(cell, state.measure);
    if (kind !== "number") return null;
    if (COSTS.includes(state.measure)) return -Math.log(Math.max(value, 1e-9));
    return state.measure === "value" ? value : Math.max(value, 0); // an R² below 0 would fade all others
  });
  const known = values.filter((value) => value !== null);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return values.map((value) => (value === null ? null : span ? (value - low) / span : 1));
}

function refreshBoard() {
  const { cells } = grid();
  const shares = shades();
  const stops = ["--low", "--middle", "--high"].map((name) => rgb(colour(name)));
  const most = Math.max(...shares.filter((share) => share !== null));
  cells.forEach((_, cell) => {
    const button = byId(`cell-${cell}`);
    const [text, , kind] = shownOf(cell, state.measure);
    const [main, other] = grid().shown;
    const second = state.measure === main ? other : main;
    const { n, converged } = convergedOf(cell);
    const beside = second ? [inWords(shownOf(cell, second)[0])] : [];
    const partly = main === "epochs" && n > 1 && converged < n;
    if (partly) beside.push(`${converged}/${n}`);
    const slot = state.slots.indexOf(cell);
    const best = shares[cell] !== null && shares[cell] === most;
    button.className = [kind, slot < 0 ? "" : `slot-${slot}`, best ? "best" : ""].join(" ");
    button.style.background = button.style.color = "";
    if (kind === "number") {
      const shade = between(stops, shares[cell]);
      button.style.background = `rgb(${shade.join(" ")})`;
      button.style.color = luminance(shade) > 0.179 ? "#000" : "#fff";
    }
    button.replaceChildren(
      make("span", { class: "value" }, inWords(text)),
      make("span", { class: "small" }, ...beside.map((each) => make("span", {}, each))),
      ...(slot < 0 ? [] : [make("span", { class: "badge" }, "ABCD"[slot])]));
    button.setAttribute("aria-pressed", slot >= 0);
    button.tabIndex = cell === state.pointed ? 0 : -1;
    const spoken = [`${cellName(cell, true)}: ${measureName(state.measure)} ${inWords(text)}`];
    if (second) spoken.push(`${measureName(second)} ${beside[0]}`);
    if (partly) spoken.push(`${t("did converge")}: ${t("k of n", { k: converged, n })}`);
    if (best) spoken.push(t("best here"));
    if (slot >= 0) spoken.push(t("chosen", { letter: "ABCD"[slot] }));
    button.setAttribute("aria-label", spoken.join("; "));
  });
  const hatched = cells.some((_, cell) => shownOf(cell, state.measure)[2] !== "number");
  byId("scale").replaceChildren(
    make("span", {}, t("bad")), make("span", { class: "ramp" }), make("span", {}, t("good")),
    make("span", {}, t("best here")),
    ...(hatched && grid().shown[0] === "epochs" ? [make("span", {}, t("hatched"))] : []));
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
function between(stops, share) {
  const place = Math.min(share * (stops.length - 1), stops.length - 1.001);
  const i = Math.floor(place);
  return stops[i].map((low, c) => Math.round(low + (place - i) * (stops[i + 1][c] - low)));
}
function luminance(shade) {
  const linear = shade.map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
