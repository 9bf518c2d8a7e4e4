// What the reader does, and what is drawn anew then.

function point(cell) {
  if (state.pointed === cell) return;
  const before = byId(`cell-${state.pointed}`);
  state.pointed = cell;
  if (before) before.tabIndex = -1;
  byId(`cell-${cell}`).tabIndex = 0;
  refreshNumbers();
}

// Choose a cell or let it go; of five the first one goes.
let order = [];
function choose(cell) {
  const slot = state.slots.indexOf(cell);
  byId("status").textContent = "";
  if (slot >= 0) {
    state.slots[slot] = null;
    order = order.filter((each) => each !== cell);
  } else {
    if (order.length === MOST_CHOSEN) {
      const first = order.shift();
      state.slots[state.slots.indexOf(first)] = null;
      byId("status").textContent = t("dropped", { cell: cellName(first) });
    }
    state.slots[state.slots.indexOf(null)] = cell;
    order.push(cell);
  }
  refreshChosen();
}

function chooseOnly(cells) {
  order = cells.slice(0, MOST_CHOSEN);
  state.slots = state.slots.map((_, slot) => order[slot] ?? null);
  if (order.length) state.pointed = order[0];
  refreshChosen();
  refreshNumbers();
}

function refreshChosen() {
  refreshBoard();
  byId("chips").replaceChildren(...chosen().map(({ cell, slot }) =>
    make("li", { class: `slot-${slot}` }, make("button", {
      type: "button", "aria-label": `${"ABCD"[slot]}: ${t("remove", { cell: cellName(cell) })}`,
      onclick: () => {
        choose(cell);
        (byId("chips").querySelector("button") ?? byId(`cell-${cell}`)).focus();
      },
    }, make("span", { class: "badge" }, "ABCD"[slot]),
    make("svg", { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" },
      make("line", { x1: 0, x2: 26, y1: 4, y2: 4, "stroke-dasharray": ["", "8 4", "2 4", "8 3 2 3"][slot] })),
    cellName(cell), make("span", { class: "cross", "aria-hidden": "true" }, "×")))));
  if (!chosen().length) byId("chips").replaceChildren(make("li", { class: "note" }, t("none chosen")));
  refreshCurves();
  refreshPlayback();
}

// The switch for one of several values.
function buildSwitch(id, legend, values, current, change) {
  byId(id).replaceChildren(make("legend", { class: "unseen" }, legend),
    make("span", { class: "legend", "aria-hidden": "true" }, legend),
    ...values.map(([value, words]) => make("label", {},
      make("input", { type: "radio", name: id, value, checked: value === current, onchange: () => change(value) }),
      make("span", {}, words))));
}

function buildSwitches() {
  buildSwitch("measure", t("measure"), grid().shown.map((name) => [name, measureName(name)]), state.measure, (name) => {
    state.measure = name;
    refreshBoard();
  });
  byId("grids").hidden = PAGE.grids.length < 2;
  const legend = PAGE.grids_name ? say(PAGE.grids_name) : t("part");
  buildSwitch("grids", legend, PAGE.grids.map(({ name }, i) => [i, say(name)]), state.grid, (i) => {
    state.grid = i;
    state.level = Math.min(state.level, grid().levels.length - 1);
    counts = state.level ? recount(state.level) : null;
    begin();
    byId("grids").querySelector(":checked").focus(); // the switch was built anew
  });
}

function setLevel(level) {
  state.level = level;
  counts = level ? recount(level) : null;
  byId("level").value = level;
  refreshLevel();
  refreshBoard();
  refreshNumbers();
  for (const id of grid().curve ? ["curves", "played"] : ["curves"]) Plotly.relayout(id, targetLines());
}

function refreshLevel() {
  const target = grid().levels[state.level];
  const { counted, repeats } = grid();
  byId("target").hidden = grid().levels.length < 2;
  byId("target").classList.toggle("moved", state.level > 0);
  byId("level").max = grid().levels.length - 1;
  const text = state.level ? String(target) : t("own target", { target });
  byId("level-value").textContent = text;
  byId("level").setAttribute("aria-valuetext", text);
  byId("level-reset").hidden = !state.level;
  byId("level-note").textContent = state.level
    ? [t("recounted", { target }),
      counted.repeats < repeats ? t("recounted from", { n: counted.repeats, all: repeats }) : ""].join(" ")
    : t("stricter");
}

const findingsShown = () =>
  [...PAGE.findings.map((text) => ({ text, cells: [] })), ...(grid()?.findings ?? [])];

function refreshFindings() {
  const findings = findingsShown();
  byId("question").textContent = PAGE.question ? say(PAGE.question) : "";
  byId("headline").textContent = findings.length ? say(findings[0].text) : "";
  byId("findings").replaceChildren(...findings.map(({ text, cells }) => {
    const words = cells.length > MOST_CHOSEN ? "choose first" : cells.length > 1 ? "choose these" : "choose this";
    const link = make("button", { type: "button", class: "link", onclick: () => {
      chooseOnly(cells);
      byId(`cell-${cells[0]}`).focus({ preventScroll: true });
      byId("board-title").scrollIntoView();
    } }, t(words, { n: cells.length }));
    return make("li", {}, say(text), " ", ...(cells.length ? [link] : []));
  }));
}

// The figures and tables of the report. Figures are in the language of the run.
function refreshParts() {
  byId("parts").hidden = !PAGE.parts.length;
  byId("parts-body").replaceChildren(...PAGE.parts.map(({ caption, figure, source, rows }) => {
    if (rows) return tableOf(say(caption), say(rows));
    const shown = source
      ? make("img", { src: source, alt: say(caption) })
      : make("p", { class: "note" }, t("too large", { file: `figures/${figure}.png` }));
    return make("figure", { class: "drawn" }, shown, make("figcaption", {}, say(caption)));
  }));
}

function tableOf(caption, [head, ...rows]) {
  const row = (tag, values) => make("tr", {}, ...values.map((value) => make(tag, tag === "th" ? { scope: "col" } : {}, value)));
  return make("figure", {}, make("figcaption", {}, caption),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
      make("table", { class: "sheet" }, make("thead", {}, row("th", head)), make("tbody", {}, ...rows.map((each) => row("td", each))))));
}

function refreshAbout() {
  const tables = PAGE.about.filter(([, rows]) => rows.length).flatMap(([name, rows]) => [
    make("h3", {}, say(name)),
    make("table", {}, make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((v) => make("td", {}, say(v))))))),
  ]);
  byId("about-body").replaceChildren(...tables, make("h3", {}, t("again")),
    make("pre", { tabindex: "0" }, PAGE.command), make("p", { class: "note" }, t("made by")));
}

// Say everything in the language that is set; also at the beginning.
function speak() {
  document.documentElement.lang = { en: "en", zh: "zh-Hans" }[state.language];
  document.title = byId("title").textContent = say(PAGE.title);
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  byId("language").querySelector(`[value=${state.language}]`).checked = true;
  refreshFindings();
  refreshParts();
  refreshAbout();
  if (!PAGE.grids.length) return;
  buildSwitches();
  buildBoard();
  buildPlayback();
  refreshLevel();
  refreshNumbers();
  refreshChosen();
}

// Begin with the best cell and the slowest one that was trained to its end.
function begin() {
  const { cells } = grid();
  const [main] = grid().shown;
  const sign = main === "value" ? -1 : 1; // the number of a value says how good it is
  const cost = ({ shown: { [main]: [, value, kind] } }) => (kind === "beyond" ? Infinity : value === null ? -Infinity : sign * value);
  const price = ({ shown: { [main]: [, value] } }) => (value === null ? Infinity : sign * value);
  document.querySelector(".compared").hidden = !grid().compared; // a number each leaves nothing to draw
  if (!grid().shown.includes(state.measure)) state.measure = main;
  if (grid().maximize) state.logarithmic = false;
  byId("logarithmic").parentElement.hidden = grid().maximize;
  const cheapest = cells.reduce((first, cell, i) => (price(cell) < price(cells[first]) ? i : first), 0);
  const best = findingsShown().find(({ cells: some }) => some.length)?.cells[0] ?? cheapest;
  const slowest = cells.reduce((last, cell, i) => (cost(cell) >= cost(cells[last]) ? i : last), 0);
  state.pointed = best;
  order = [...new Set([best, slowest])];
  state.slots = state.slots.map((_, slot) => order[slot] ?? null);
  limitsOf.clear();
  speak();
}

for (const input of byId("language").querySelectorAll("input")) {
  input.addEventListener("change", () => {
    state.language = input.value;
    speak();
  });
}
function listen() {
  byId("level").addEventListener("input", (event) => setLevel(Number(event.target.value)));
  byId("level-reset").addEventListener("click", () => {
    setLevel(0);
    byId("level").focus();
  });
  byId("logarithmic").addEventListener("change", (event) => {
    state.logarithmic = event.target.checked;
    refreshCurves();
    if (grid().curve) {
      drawPlayed();
      refreshFrame();
    }
  });
  byId("epoch").addEventListener("input", (event) => seek(Number(event.target.value)));
  byId("play").addEventListener("click", play);
  byId("back").addEventListener("click", () => seek(frame() - 1));
  byId("forward").addEventListener("click", () => seek(frame() + 1));
  byId("repeat").addEventListener("change", (event) => {
    state.repeat = Number(event.target.value);
    refreshPlayback();
  });
  byId("looked-at").addEventListener("change", (event) => {
    state.inside = Number(event.target.value);
    refreshInside();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshChosen);
}

// On paper all is light and as wide as the paper, and closed parts are open.
function onPaper(printing) {
  document.documentElement.classList.toggle("printing", printing);
  byId("about").open = printing;
  if (PAGE.grids.length) refreshChosen();
}
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));

if (PAGE.grids.length) {
  listen();
  begin();
} else {
  speak();
}
