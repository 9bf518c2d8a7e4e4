// The numbers of the cell that is pointed at.

import { byId, cellName, inWords, make, t } from "../dom.js";
import { grid, state, subscribe } from "../store.js";
import { convergedOf, measureName, shownOf } from "./board.js";
import { counts, passagesAt, quantile } from "./recount.js";

function refreshNumbers() {
  const cell = state.pointed;
  const record = grid().cells[cell];
  const { n, converged } = convergedOf(cell);
  const [main] = grid().shown;
  const [text, , kind] = shownOf(cell, main);
  const repeats = grid().repeats;
  const rows = [];
  const add = (name, ...values) => rows.push(make("dt", {}, name), make("dd", {}, ...values));
  const range = ([low, high]) => `${inWords(low)} – ${inWords(high)}`;
  const spread = (counts()?.[cell] ?? record).spread;
  if (spread.epochs) add(t("quartiles"), range(spread.epochs));
  if (!counts() && record.interval.epochs) add(t("interval"), range(record.interval.epochs));
  if (!counts() && record.law) add(t("by the law"), record.law);
  if (n && main === "epochs") add(t("did converge"), t("k of n", { k: converged, n }));
  for (const name of counts() ? ["failed"] : ["exhausted", "diverged", "pruned", "failed"]) {
    const k = record.states[name];
    if (k) add(t(name), t("k of n", { k, n: n + (record.states.failed ?? 0) }));
  }
  const accuracy = inWords(record.shown.accuracy[0]);
  const sure = record.interval.accuracy;
  const shown = (name) => grid().shown.includes(name);
  if (shown("accuracy")) add(t("accuracy"), sure ? `${accuracy} (${range(sure)})` : accuracy);
  if (shown("updates")) add(t("updates"), inWords(shownOf(cell, "updates")[0]));
  if (main === "epochs" && shown("value")) add(measureName("value"), inWords(record.shown.value[0]));
  if (repeats > 1) {
    add(t(main === "value" ? "won by value" : "won"), t("of repeats", { share: shownOf(cell, "wins")[0] }));
  }
  const from = repeats > 1 ? t("median of", { n }) : t("one draw");
  byId("numbers-body").replaceChildren(
    make("h3", {}, cellName(cell, true)),
    make("div", { class: "big" }, inWords(text),
      make("small", {}, main === "value" ? ` ${measureName(main)}`
        : kind === "number" || kind === "beyond" ? ` ${t("unit epochs")}` : "")),
    make("div", { class: "note" }, n ? from : ""),
    ...(n > 1 && main === "epochs" ? [strip(cell)] : []),
    make("dl", {}, ...rows),
    make("div", { class: "note" }, counts()
      ? t("measured at own", { target: grid().target })
      : record.verdict === "unknown" ? "" : t(`it is ${record.verdict}`)));
}

// A dot for each repeat, on a line from 0 to the most epochs; what never got there is open.
function strip(cell) {
  const some = passagesAt(state.level)[cell];
  const most = Math.max(...grid().counted.watched, 1);
  const x = (epochs) => 8 + (284 * Math.min(epochs, most)) / most;
  const middle = quantile(some.map((run) => run.epochs), 0.5);
  const dots = some.map(({ epochs }, i) => make("circle", {
    cx: epochs < Infinity ? x(epochs) : 292, cy: 17 + 3 * ((i % 5) - 2), r: 4,
    class: epochs < Infinity ? "" : "open",
  }));
  return make("svg", { class: "strip", viewBox: "0 0 300 34", role: "img", "aria-label": t("each repeat") },
    make("line", { x1: 8, x2: 292, y1: 17, y2: 17 }), ...dots,
    ...(middle < Infinity
      ? [make("line", { class: "middle", x1: x(middle), x2: x(middle), y1: 3, y2: 31 })]
      : []));
}

export function buildNumbers() {
  subscribe(["language", "grid", "pointed", "level"], refreshNumbers);
}
