// Inside the network: each hidden unit's line, how it is bent, and how the parts add up.

import { DASHES, padded } from "../charts/losses.js";
import { draw, move, describe } from "../charts/svg.js";
import { byId, lineSample, lossText, make, noneShown, t } from "../dom.js";
import { PLAYED, array, extent, played, samples } from "../recordings.js";
import { derived, grid, set, state, subscribe } from "../store.js";
import { networkAt, steps } from "./network.js";
import { epochShown, xGrid } from "./playback.js";

const UNIT_COLOURS = 6; // with more units they come again, in other dashes
const PARTS = { lines: "lines", bent: "bent", sum: "parts" }; // charts, and what they show
const unitColour = (unit) => `var(--unit-${unit % UNIT_COLOURS})`;
export const unitLine = (unit) => ({ stroke: unitColour(unit), dash: DASHES[Math.floor(unit / UNIT_COLOURS) % 4] });

const looked = () => played().find(({ slot }) => slot === state.inside) ?? played()[0];

function buildChoice() {
  byId("looked-at").replaceChildren(...played().map(({ slot, letter, name }) =>
    make("option", { value: slot }, `${letter} · ${name}`)));
  byId("looked-at").disabled = !played().length;
  if (looked()) byId("looked-at").value = looked().slot;
}

// The axes of a run stay the same through all epochs: z is straight and every activation rises,
// so the largest values are at the ends of x.
const ranges = derived([...PLAYED, "inside"], () => {
  const { recording } = looked();
  const xs = xGrid();
  const found = { lines: [], bent: [], sum: [...samples("test_y")] };
  for (const epoch of array(recording, "path_epochs", Int32Array)) {
    const at = steps(networkAt(recording, epoch), [xs[0], xs[xs.length - 1]]);
    for (const [id, part] of Object.entries(PARTS)) found[id].push(...at[part].flat());
  }
  return Object.fromEntries(Object.entries(found).map(([id, values]) => {
    const tame = values.filter((value) => Math.abs(value) < 1e4);
    return [id, padded(extent([0, 1e-3, ...tame]))];
  }));
});

function drawInside() {
  if (!grid().curve) return;
  const xs = xGrid();
  const run = looked();
  const { n, activation } = run ? networkAt(run.recording, 0) : { n: 0, activation: "" };
  byId("bent-caption").textContent = t("bent", { activation });
  const smooth = grid().curve.test_is_curve;
  const truth = { kind: smooth ? "line" : "points", x: samples("test_x"), y: samples("test_y"), stroke: "var(--truth)", width: smooth ? 6 : 4 };
  const output = { kind: "line", key: "output", x: xs, y: [], stroke: "var(--ink)", width: 3, hover: (_, y) => `${t("output")}: ${lossText(y)}` };
  for (const [id, title] of [["lines", "z"], ["bent", "a"], ["sum", "w₂a"]]) {
    const units = Array.from({ length: n }, (_, unit) => ({
      kind: "line", key: String(unit), x: xs, y: [], width: 2, ...unitLine(unit), hover: (_, y) => `${t("unit", { n: unit + 1 })}: ${lossText(y)}`,
    }));
    draw(id, {
      x: { title: "x", range: [xs[0], xs[xs.length - 1]] }, y: { title, range: run ? ranges()[id] : [0, 1] },
      marks: id === "sum" ? [truth, ...units, ...(run ? [output] : [])] : units,
    }, noneShown());
  }
  const key = (paint, words) => make("li", {}, lineSample({ style: `stroke:${paint}` }), words);
  byId("units").replaceChildren(...(run ? [
    ...Array.from({ length: n > 12 ? 0 : n }, (_, unit) => key(unitColour(unit), t("unit", { n: unit + 1 }))),
    key("var(--ink)", t("output"))] : []));
}

function refreshInside() {
  if (!grid().curve || !looked()) return;
  const { recording, name } = looked();
  const epoch = epochShown();
  const network = networkAt(recording, epoch);
  const found = steps(network, xGrid());
  const spoken = t("inside spoken", { cell: name, epoch, n: network.n,
    low: lossText(Math.min(...found.output)), high: lossText(Math.max(...found.output)) });
  for (const [id, part] of Object.entries(PARTS)) {
    move(id, Object.fromEntries(found[part].map((y, unit) => [unit, { y }])));
    describe(id, `${id === "bent" ? t("bent", { activation: network.activation }) : t(id)}. ${spoken}`);
  }
  move("sum", { output: { y: found.output } });
}

export function buildInside() {
  byId("looked-at").addEventListener("change", (event) => set({ inside: Number(event.target.value) }));
  subscribe(PLAYED, buildChoice);
  subscribe([...PLAYED, "inside"], drawInside);
  subscribe([...PLAYED, "inside", "epoch"], refreshInside);
}
