// Inside the network: each hidden unit's line, how it is bent, and how the parts add up.

function refreshInside() {
  const cells = played();
  const select = byId("looked-at");
  if (!cells.some(({ cell }) => cell === state.inside)) state.inside = cells[0]?.cell ?? null;
  const names = cells.map(({ cell, slot }) => `${"ABCD"[slot]} · ${cellName(cell)}`);
  if (names.join() !== [...select.options].map((option) => option.text).join()) {
    select.replaceChildren(...cells.map(({ cell }, i) => make("option", { value: cell }, names[i])));
  }
  select.disabled = !cells.length;
  if (state.inside === null) {
    for (const id of ["lines", "bent", "sum"]) draw(id, [], { xaxis: axis("x"), yaxis: axis("") }, t("none chosen"));
    return byId("units").replaceChildren();
  }
  select.value = state.inside;
  drawInside();
}

function drawInside() {
  const xs = xGrid();
  const epoch = moments[frame()];
  const network = networkAt(state.inside, state.repeat, epoch);
  const { n, activation } = network;
  const found = steps(network, xs);
  const limits = ranges(state.inside);
  const name = cellName(state.inside);
  const line = (unit, ys) => ({
    x: xs, y: finite(ys), mode: "lines", name: t("unit", { n: unit + 1 }),
    line: { color: unitColour(unit), width: 2, simplify: false,
      dash: DASHES[Math.floor(unit / UNIT_COLOURS) % 4] },
    hovertemplate: "%{fullData.name}: %{y:.3g}<extra></extra>",
  });
  const output = {
    x: xs, y: finite(found.output), mode: "lines", name: t("output"), line: { color: colour("--ink"), width: 3, simplify: false },
    hovertemplate: "%{fullData.name}: %{y:.3g}<extra></extra>",
  };
  const data = { x: samples("test_x"), y: samples("test_y"), mode: grid().curve.test_is_curve ? "lines" : "markers",
    line: { color: colour("--truth"), width: 6 }, marker: { color: colour("--truth"), size: 4 }, hoverinfo: "skip" };
  const spoken = t("inside spoken", { cell: name, epoch, n,
    low: lossText(Math.min(...found.output)), high: lossText(Math.max(...found.output)) });
  const layout = (title, range) => ({ xaxis: axis("x"), yaxis: axis(title, { range }), margin: { l: 44, r: 8, t: 6, b: 38 } });
  draw("lines", found.lines.map((ys, unit) => line(unit, ys)), layout("z", limits.lines), `${t("lines")}. ${spoken}`);
  draw("bent", found.bent.map((ys, unit) => line(unit, ys)), layout("a", limits.bent), `${t("bent", { activation })}. ${spoken}`);
  draw("sum", [data, ...found.parts.map((ys, unit) => line(unit, ys)), output], layout("w₂a", limits.parts), `${t("sum")}. ${spoken}`);
  byId("bent-caption").textContent = t("bent", { activation });
  const key = (paint, words) => make("li", {},
    make("svg", { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" },
      make("line", { x1: 0, x2: 26, y1: 4, y2: 4, style: `stroke:${paint}` })), words);
  byId("units").replaceChildren(...(n > 12 ? [] : found.lines).map((_, unit) => key(unitColour(unit), t("unit", { n: unit + 1 }))),
    key(colour("--ink"), t("output")));
}

// The axes of a cell stay the same through all epochs: z is straight and every activation rises,
// so the largest values are at the ends of x.
const limitsOf = new Map();
function ranges(cell) {
  const key = [state.grid, cell, state.repeat].join();
  if (limitsOf.has(key)) return limitsOf.get(key);
  const xs = xGrid();
  const ends = [xs[0], xs[POINTS - 1]];
  const found = { lines: [], bent: [], parts: [] };
  for (const epoch of moments) {
    const at = steps(networkAt(cell, state.repeat, epoch), ends);
    for (const part of Object.keys(found)) found[part].push(...at[part].flat());
  }
  found.parts.push(...samples("test_y"));
  const limits = Object.fromEntries(Object.entries(found).map(([part, values]) => {
    const tame = values.filter((value) => Math.abs(value) < 1e4);
    const [low, high] = extent([0, 1e-3, ...tame]);
    return [part, [low - 0.06 * (high - low), high + 0.06 * (high - low)]];
  }));
  limitsOf.set(key, limits);
  return limits;
}
