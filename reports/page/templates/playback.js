// Playback: the fit over the data, and where on their loss curves the networks are.

const POINTS = 241; // of a network's curve
let moments = [0]; // the epochs that the slider goes through
let timer = null;

const samples = (name) => array(grid().curve, name, Float32Array);

function xGrid() {
  const [low, high] = extent([...samples("train_x"), ...samples("test_x")]);
  const span = high - low;
  return Array.from({ length: POINTS }, (_, i) => low + (span * i) / (POINTS - 1));
}
const played = () => chosen().filter(({ cell }) => networkAt(cell, state.repeat, 0));
const frame = () => Math.max(placeAt(moments, state.epoch), 0);

function buildPlayback() {
  byId("why").textContent = grid().why ? say(grid().why) : "";
  byId("player").hidden = byId("inside").hidden = !grid().curve;
  if (!grid().curve) return;
  const n = Math.min(PAGE.paths, grid().curves);
  byId("repeat-label").hidden = n < 2;
  byId("repeat").replaceChildren(...Array.from({ length: n }, (_, i) => make("option", { value: i }, i)));
  state.repeat = Math.min(state.repeat, Math.max(n - 1, 0));
  byId("repeat").value = state.repeat;
  const { all } = grid().curve;
  const points = samples("train_x").length;
  byId("playback-note").textContent = [
    n < grid().repeats ? t("paths of", { n, all: grid().repeats }) : "",
    points < all ? t("some points", { n: points, all }) : ""].filter(Boolean).join(" ");
  for (const [id, name] of [["back", "back"], ["forward", "forward"], ["epoch", "epoch"]]) {
    byId(id).setAttribute("aria-label", t(name));
    byId(id).title = t(name);
  }
}

function refreshPlayback() {
  if (!grid().curve) return;
  const paths = played().map(({ cell }) => recordingOf(cell, state.repeat));
  const epochs = paths.flatMap((r) => Array.from(array(r, "path_epochs", Int32Array)));
  moments = [...new Set([0, ...epochs])].sort((a, b) => a - b);
  byId("epoch").max = moments.length - 1;
  drawFit();
  drawPlayed();
  refreshFrame();
}

function drawFit() {
  const xs = xGrid();
  const truth = grid().curve.test_is_curve
    ? { mode: "lines", line: { color: colour("--truth"), width: 6 }, name: t("true curve") }
    : { mode: "markers", marker: { color: colour("--truth"), symbol: "square", size: 5 }, name: t("test points") };
  const [low, high] = extent([...samples("train_y"), ...samples("test_y")]);
  const span = high - low || 1;
  draw("fit", [
    { x: samples("train_x"), y: samples("train_y"), mode: "markers", name: t("training"),
      marker: { color: colour("--points"), size: 4, opacity: 0.55 }, hoverinfo: "skip" },
    { x: samples("test_x"), y: samples("test_y"), hoverinfo: "skip", ...truth },
    ...played().map(({ slot }) => ({
      x: xs, y: [], mode: "lines", name: "ABCD"[slot], showlegend: false,
      line: { color: slotColour(slot), width: 2.6, dash: DASHES[slot], simplify: false },
      hovertemplate: "%{fullData.name}: %{y:.3f}<extra></extra>",
    })),
  ], {
    xaxis: axis("x", { range: [xs[0], xs[POINTS - 1]] }),
    yaxis: axis("y", { range: [low - 0.12 * span, low + 1.12 * span] }),
    showlegend: true, legend: { orientation: "h", y: 1, yanchor: "bottom", x: 0, font: { size: 11 } },
    margin: { l: 48, r: 12, t: 30, b: 40 },
  }, t("the fit"));
}

function drawPlayed() {
  const curves = played().map(({ cell, slot }) => ({ slot, recording: recordingOf(cell, state.repeat) }));
  draw("played", [
    ...curves.map(({ slot, recording }) => ({
      x: Array.from(epochsOf(recording)), y: finite(lossesOf(recording)), mode: "lines", name: "ABCD"[slot],
      line: { color: slotColour(slot), width: 1.8, dash: DASHES[slot] },
      hovertemplate: `%{fullData.name} · ${t("epoch")} %{x}: %{y:.3g}<extra></extra>`,
    })),
    { x: [], y: [], mode: "markers", hoverinfo: "skip", cliponaxis: false,
      marker: { size: 12, color: curves.map(({ slot }) => slotColour(slot)), line: { color: colour("--paper"), width: 2 } } },
  ], {
    ...targetLines(), yaxis: lossAxis(curves.map(({ recording }) => lossesOf(recording))),
    xaxis: axis(t("epoch"), { rangemode: "tozero", tickformat: "d" }), margin: { l: 56, r: 16, t: 30, b: 40 },
  }, t("its loss"));
}

// All that changes from frame to frame.
function refreshFrame() {
  if (!grid().curve) return;
  const at = frame();
  const epoch = moments[at];
  const cells = played();
  const xs = xGrid();
  byId("epoch").value = at;
  byId("epoch").setAttribute("aria-valuetext", t("at epoch", { epoch }));
  byId("epoch-value").textContent = t("at epoch", { epoch });
  byId("play").classList.toggle("playing", timer !== null);
  byId("play").setAttribute("aria-label", t(timer ? "pause" : "play"));
  const states = cells.map(({ cell }) => whereIs(cell, epoch));
  if (cells.length) {
    const outputs = cells.map(({ cell }) =>
      finite(steps(networkAt(cell, state.repeat, epoch), xs).output));
    Plotly.restyle("fit", { y: outputs }, cells.map((_, i) => i + 2));
    Plotly.restyle("played", { x: [states.map((s) => s.epoch)], y: [finite(states.map((s) => s.loss))] }, [cells.length]);
  }
  byId("readings").replaceChildren(...cells.map(({ cell, slot }, i) =>
    make("li", { class: `slot-${slot}` }, make("span", { class: "badge" }, "ABCD"[slot]),
      `${cellName(cell)}: ${states[i].text}`)));
  const readings = cells.map(({ cell, slot }, i) => `${"ABCD"[slot]} ${cellName(cell)}: ${states[i].text}`);
  const spoken = `${t("at epoch", { epoch })}: ${readings.join("; ") || t("none chosen")}`;
  byId("fit").setAttribute("aria-label", `${t("the fit")}. ${spoken}`);
  byId("played").setAttribute("aria-label", `${t("its loss")}. ${spoken}`);
  refreshInside();
}

// Where a training is at an epoch, or how it ended before.
function whereIs(cell, epoch) {
  const recording = recordingOf(cell, state.repeat);
  const epochs = epochsOf(recording);
  const losses = lossesOf(recording);
  const place = placeAt(epochs, epoch);
  if (place < 0) return { epoch: 0, loss: NaN, text: t("at epoch", { epoch: 0 }) };
  const reading = { epoch: epochs[place], loss: losses[place], text: t("loss now", { loss: lossText(losses[place]) }) };
  if (place === epochs.length - 1) {
    const { counted } = grid();
    const row = counted.cell.findIndex((c, i) => c === cell && counted.repeat[i] === state.repeat);
    if (row >= 0) reading.text += ` · ${t(`ended ${counted.state[row]}`, { epoch: epochs[place] })}`;
  }
  return reading;
}

function seek(place) {
  state.epoch = moments[Math.min(Math.max(place, 0), moments.length - 1)];
  refreshFrame();
}

// A whole run plays in twelve seconds, and a short one in less, however long a frame takes to
// draw; who asked for less motion gets a step a second.
function play() {
  if (timer) return pause();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pace = calm ? moments.length / 20000 : Math.max(moments.length / 12000, 0.008); // per ms
  if (frame() >= moments.length - 1) state.epoch = 0;
  let before = performance.now();
  let due = 0;
  timer = setInterval(() => {
    const now = performance.now();
    due += (now - before) * pace;
    before = now;
    const steps = Math.floor(due);
    due -= steps;
    if (steps) seek(frame() + steps);
    if (frame() >= moments.length - 1) pause();
  }, calm ? 1000 : 60);
  refreshFrame();
}

function pause() {
  clearInterval(timer);
  timer = null;
  refreshFrame();
}
