// The loss curves of the compared runs, over each other.

import { byId, lossText, noneShown, say, t } from "../dom.js";
import { RUNS, compared, epochsOf, lossesOf, placeAt } from "../recordings.js";
import { grid, set, subscribe } from "../store.js";
import { DASHES, epochAxis, lossAxis, slotColour, targetRules } from "./losses.js";
import { draw } from "./svg.js";

// The median of a cell's repeats and its middle half, by the rules of the report's figures: who
// stopped keeps the last loss, and of an even number the higher of the two middle ones counts.
export function medianCurve(recordings) {
  const epochs = [...new Set(recordings.flatMap((r) => Array.from(epochsOf(r))))].sort((a, b) => a - b);
  const curve = { epochs: [], median: [], better: [], worse: [] };
  const last = recordings.length - 1;
  const { target, maximize } = grid();
  const sign = maximize ? -1 : 1; // so that the better ones come first
  for (const epoch of epochs) {
    const losses = recordings.map((r) => {
      const loss = lossesOf(r)[Math.max(placeAt(epochsOf(r), epoch), 0)];
      return Number.isNaN(loss) ? sign * Infinity : loss;
    });
    losses.sort((a, b) => sign * (a - b));
    curve.epochs.push(epoch);
    curve.median.push(losses[(last + 1) >> 1]);
    curve.better.push(losses[last >> 2]);
    curve.worse.push(losses[last - (last >> 2)]);
    if (target !== null && sign * losses[(last + 1) >> 1] <= sign * Math.fround(target)) break;
  }
  return curve;
}

function marksOf({ slot, letter, name, recordings }, curve) {
  const stroke = slotColour(slot);
  const band = { kind: "band", x: curve.epochs, low: curve.better, high: curve.worse.map((loss) => Math.min(loss, 1e30)), fill: stroke, opacity: 0.16 };
  const line = {
    kind: "line", x: curve.epochs, y: curve.median, stroke, width: 2.2, dash: DASHES[slot],
    hover: (i) => `${letter} · ${name}\n${t("epoch")} ${curve.epochs[i]}: ${lossText(curve.median[i])}`,
  };
  const end = curve.epochs.length - 1;
  const dot = { kind: "points", x: [curve.epochs[end]], y: [curve.median[end]], stroke, width: 9, label: letter };
  return recordings.length > 1 ? [band, line, dot] : [line, dot];
}

function refreshCurves() {
  const runs = compared();
  const drawn = runs.filter(({ recordings }) => recordings.some((recording) => epochsOf(recording).length))
    .map((run) => ({ ...run, curve: medianCurve(run.recordings) }));
  const missing = runs.filter(({ recordings }) => !recordings.length)
    .map(({ letter, name }) => t("no curve", { cell: `${letter} · ${name}` }));
  const spoken = drawn.map(({ letter, name, curve: { epochs, median } }) => t("curve spoken", {
    cell: `${letter} · ${name}`, metric: say(grid().metric), first: lossText(median[0]), from: epochs[0],
    last: lossText(median[median.length - 1]), to: epochs[epochs.length - 1],
  }));
  draw("curves", {
    x: epochAxis(drawn.map(({ curve }) => curve.epochs)), y: lossAxis(drawn.map(({ curve }) => curve.median)),
    marks: [...targetRules(), ...drawn.flatMap((run) => marksOf(run, run.curve))],
  }, `${t("curves")}. ${[...spoken, ...missing].join("; ") || noneShown()}`);
  const { curves, repeats } = grid();
  byId("curves-note").textContent = [
    runs.length ? "" : noneShown(), ...missing,
    curves > 1 ? t("median curves", { n: curves }) : t("single curves", { metric: say(grid().metric) }),
    curves < repeats ? t("curves of", { n: curves, all: repeats }) : "",
  ].filter(Boolean).join(" ");
}

export function buildCurves() {
  byId("logarithmic").addEventListener("change", (event) => set({ logarithmic: event.target.checked }));
  subscribe(["language", "grid"], () => {
    const { metric, maximize } = grid();
    byId("curves-title").textContent = /loss/i.test(metric[0]) ? t("curves") : t("metric curves", { metric: say(metric) });
    byId("logarithmic").parentElement.hidden = maximize;
  });
  subscribe([...RUNS, "level", "logarithmic"], refreshCurves);
}
