// Playback: the fit over the data, and where on their loss curves the networks are.

import { DASHES, epochAxis, lossAxis, padded, slotColour, targetRules } from "../charts/losses.js";
import { describe, draw, move } from "../charts/svg.js";
import { byId, lossText, make, noneShown, say, t } from "../dom.js";
import { PLAYED, array, epochsOf, extent, lossesOf, placeAt, played, samples } from "../recordings.js";
import { PAGE, derived, grid, set, state, subscribe } from "../store.js";
import { networkAt, steps } from "./network.js";

const POINTS = 241; // of a network's curve

export const xGrid = derived(["grid"], () => {
  const [low, high] = extent([...samples("train_x"), ...samples("test_x")]);
  return Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
});

// The epochs that the slider goes through, and which of them is shown.
const moments = derived(PLAYED, () => {
  const epochs = played().flatMap(({ recording }) => Array.from(array(recording, "path_epochs", Int32Array)));
  return [...new Set([0, ...epochs])].sort((a, b) => a - b);
});
const frame = () => Math.max(placeAt(moments(), state.epoch), 0);
export const epochShown = () => moments()[frame()];

function refreshPlayer() {
  byId("why").textContent = grid().why ? say(grid().why) : "";
  byId("player").hidden = byId("inside").hidden = !grid().curve;
  if (!grid().curve) return;
  const n = Math.min(PAGE.paths, grid().curves);
  byId("repeat-label").hidden = n < 2;
  byId("repeat").replaceChildren(...Array.from({ length: n }, (_, i) => make("option", { value: i }, i)));
  byId("repeat").value = state.repeat;
  const { all } = grid().curve;
  const points = samples("train_x").length;
  byId("playback-note").textContent = [
    n < grid().repeats ? t("paths of", { n, all: grid().repeats }) : "",
    points < all ? t("some points", { n: points, all }) : ""].filter(Boolean).join(" ");
  for (const name of ["back", "forward", "epoch"]) {
    byId(name).setAttribute("aria-label", t(name));
    byId(name).title = t(name);
  }
}

// The samples that networks are drawn over.
export function dataMarks() {
  const smooth = grid().curve.test_is_curve;
  return [
    { kind: "points", x: samples("train_x"), y: samples("train_y"), stroke: "var(--points)", width: 4.5, opacity: 0.6, legend: t("training") },
    { kind: smooth ? "line" : "points", square: true, x: samples("test_x"), y: samples("test_y"), stroke: "var(--truth)",
      width: smooth ? 6 : 5, legend: t(smooth ? "true curve" : "test points") },
  ];
}

function drawFit() {
  if (!grid().curve) return;
  const xs = xGrid();
  draw("fit", {
    x: { title: "x", range: [xs[0], xs[POINTS - 1]] },
    y: { title: "y", range: padded(extent([...samples("train_y"), ...samples("test_y")]), 0.12) },
    marks: [
      ...dataMarks(),
      ...played().map(({ slot, letter }) => ({
        kind: "line", key: letter, x: xs, y: [], stroke: slotColour(slot), width: 2.6, dash: DASHES[slot],
      })),
    ],
  }, t("the fit"));
}

function drawPlayed() {
  if (!grid().curve) return;
  const runs = played();
  draw("played", {
    x: epochAxis(runs.map(({ recording }) => epochsOf(recording))),
    y: lossAxis(runs.map(({ recording }) => lossesOf(recording))),
    marks: [
      ...targetRules(),
      ...runs.map(({ slot, letter, recording }) => ({
        kind: "line", x: epochsOf(recording), y: lossesOf(recording), stroke: slotColour(slot), width: 1.8, dash: DASHES[slot],
        hover: (i) => `${letter} · ${t("epoch")} ${epochsOf(recording)[i]}: ${lossText(lossesOf(recording)[i])}`,
      })),
      ...runs.flatMap(({ slot, letter }) => [["around", "var(--paper)", 15], ["", slotColour(slot), 11]].map(([role, stroke, width]) => (
        { kind: "points", key: letter + role, x: [], y: [], stroke, width }))),
    ],
  }, t("its loss"));
}

// All that changes from frame to frame.
function refreshFrame() {
  if (!grid().curve) return;
  const epoch = epochShown();
  const runs = played();
  const xs = xGrid();
  byId("epoch").max = moments().length - 1;
  byId("epoch").value = frame();
  byId("epoch").setAttribute("aria-valuetext", t("at epoch", { epoch }));
  byId("epoch-value").textContent = t("at epoch", { epoch });
  for (const id of ["back", "play", "forward", "epoch"]) byId(id).disabled = !runs.length;
  const states = runs.map((run) => whereIs(run, epoch));
  runs.forEach(({ letter, recording }, i) => {
    const spot = { x: [states[i].epoch], y: [states[i].loss] };
    move("fit", { [letter]: { y: steps(networkAt(recording, epoch), xs).output } });
    move("played", { [letter]: spot, [`${letter}around`]: spot });
  });
  byId("readings").replaceChildren(...runs.map(({ slot, letter, name }, i) =>
    make("li", { class: `slot-${slot}` }, make("span", { class: "badge" }, letter), `${name}${t("colon")}${states[i].text}`)));
  const readings = runs.map(({ letter, name }, i) => `${letter} ${name}: ${states[i].text}`);
  const spoken = `${t("at epoch", { epoch })}: ${readings.join("; ") || noneShown()}`;
  describe("fit", `${t("the fit")}. ${spoken}`);
  describe("played", `${t("its loss")}. ${spoken}`);
}

// Where a training run is at an epoch, or how it ended before.
function whereIs({ recording }, epoch) {
  const [epochs, losses] = [epochsOf(recording), lossesOf(recording)];
  const place = placeAt(epochs, epoch);
  if (place < 0 || epochs[place] > epoch) return { epoch: 0, loss: NaN, text: t("at epoch", { epoch: 0 }) };
  const reading = { epoch: epochs[place], loss: losses[place], text: t("loss now", { loss: lossText(losses[place]) }) };
  const ending = place === epochs.length - 1 ? endingOf(recording) : null;
  if (ending) reading.text += ` · ${t(`ended ${ending}`, { epoch: epochs[place] })}`;
  return reading;
}

function endingOf({ cell, repeat, ending }) {
  const { counted } = grid();
  return ending !== undefined ? ending : counted.state[counted.cell.findIndex((each, i) => each === cell && counted.repeat[i] === repeat)];
}

function seek(place) {
  set({ epoch: moments()[Math.min(Math.max(place, 0), moments().length - 1)] });
}

// A whole run plays in twelve seconds, and a short one in less, however long a frame takes to
// draw; who asked for less motion gets a step a second.
function play() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pace = calm ? 0.001 : Math.max(moments().length / 12000, 0.008); // steps a millisecond
  if (frame() >= moments().length - 1) set({ epoch: 0 });
  let before = performance.now();
  let due = 0;
  const next = (now) => {
    if (!state.playing) return;
    due += Math.max(now - before, 0) * pace;
    before = now;
    const whole = Math.floor(due);
    due -= whole;
    if (whole) seek(frame() + whole);
    if (frame() >= moments().length - 1) set({ playing: false });
    else requestAnimationFrame(next);
  };
  set({ playing: true });
  requestAnimationFrame(next);
}

export function buildPlayback() {
  byId("epoch").addEventListener("input", (event) => seek(Number(event.target.value)));
  byId("play").addEventListener("click", () => (state.playing ? set({ playing: false }) : play()));
  byId("back").addEventListener("click", () => seek(frame() - 1));
  byId("forward").addEventListener("click", () => seek(frame() + 1));
  byId("repeat").addEventListener("change", (event) => set({ repeat: Number(event.target.value) }));
  subscribe(["language", "grid"], refreshPlayer);
  subscribe(["language", "playing"], () => {
    byId("play").classList.toggle("playing", state.playing);
    byId("play").setAttribute("aria-label", t(state.playing ? "pause" : "play"));
  });
  subscribe(PLAYED, drawFit);
  subscribe([...PLAYED, "level", "logarithmic"], drawPlayed);
  subscribe([...PLAYED, "level", "logarithmic", "epoch"], refreshFrame);
}
