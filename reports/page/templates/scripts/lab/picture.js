// The lab's run while it trains: its fit over the data, its loss, and its hidden units.

import { epochAxis, lossAxis, padded, targetRule } from "../charts/losses.js";
import { draw } from "../charts/svg.js";
import { byId, lossText, t } from "../dom.js";
import { epochsOf, extent, lossesOf, samples } from "../recordings.js";
import { unitLine } from "../playback/inside.js";
import { networkAt, steps } from "../playback/network.js";
import { dataMarks, xGrid } from "../playback/playback.js";
import { state, subscribe } from "../store.js";

const LINE = "var(--l)";

function refreshPicture() {
  const run = state.labRun;
  byId("lab-picture").hidden = !run;
  if (!run) return;
  const { recording, settings, epoch } = run;
  const [xs, epochs, losses] = [xGrid(), epochsOf(recording), lossesOf(recording)];
  const { lines, bent, output } = steps(networkAt(recording, epoch), xs);
  const x = { title: "x", range: [xs[0], xs[xs.length - 1]] };
  const spoken = t("at epoch", { epoch });
  draw("lab-fit", {
    x, y: { title: "y", range: padded(extent([...samples("train_y"), ...samples("test_y")]), 0.12) },
    marks: [...dataMarks(), { kind: "line", x: xs, y: output, stroke: LINE, width: 3, hover: (i, y) => lossText(y) }],
  }, `${t("the fit")}. ${spoken}`);
  draw("lab-loss", {
    x: epochAxis([epochs, [settings.max_epochs / 10]]), y: lossAxis([losses], settings.target_loss),
    marks: [targetRule(settings.target_loss, false),
      { kind: "line", x: epochs, y: losses, stroke: LINE, width: 2, hover: (i, y) => `${t("epoch")} ${epochs[i]}: ${lossText(y)}` },
      { kind: "points", x: epochs.slice(-1), y: losses.slice(-1), stroke: LINE, width: 7 }],
  }, `${t("lab loss")}. ${spoken}`);
  const [low, high] = extent(bent.flat().filter((value) => Math.abs(value) < 1e4));
  draw("lab-units", {
    x, y: { title: "a", range: padded(["sigmoid", "tanh"].includes(recording.activation) ? [Math.min(low, 0), 1] : [low, high]) },
    marks: bent.map((y, unit) => ({ kind: "line", x: xs, y, width: 2, ...unitLine(unit), hover: (i, a) => `${t("unit", { n: unit + 1 })}: z = ${lossText(lines[unit][i])}, a = ${lossText(a)}` })),
  }, `${t("bent", { activation: recording.activation })}. ${spoken}`);
}

export const buildPicture = () => subscribe(["language", "grid", "labRun", "logarithmic"], refreshPicture);
