// The loss curves of the chosen cells, over each other.

// The median of a cell's repeats and its middle half, by the rules of the report's figures: who
// stopped keeps the last loss, and of an even number the higher of the two middle ones counts.
function medianCurve(recordings) {
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

function refreshCurves() {
  const traces = [];
  const lists = [];
  const spoken = [];
  const missing = [];
  for (const { cell, slot } of chosen()) {
    const recordings = recordingsOf(cell);
    const name = `${"ABCD"[slot]} · ${cellName(cell)}`;
    if (!recordings.length) {
      missing.push(t("no curve", { cell: name }));
      continue;
    }
    const curve = medianCurve(recordings);
    const paint = slotColour(slot);
    lists.push(curve.median);
    if (recordings.length > 1) {
      const around = [...curve.epochs, ...[...curve.epochs].reverse()];
      traces.push({
        x: around, y: finite([...curve.worse.map((u) => Math.min(u, 1e30)), ...[...curve.better].reverse()]),
        fill: "toself", fillcolor: faded(paint, 0.16), line: { width: 0 }, mode: "lines", hoverinfo: "skip",
      });
    }
    const end = curve.epochs.length - 1;
    traces.push({
      x: curve.epochs, y: finite(curve.median), name, mode: "lines",
      line: { color: paint, width: 2.2, dash: DASHES[slot] },
      hovertemplate: `<b>%{fullData.name}</b><br>${t("epoch")} %{x}<br>%{y:.3g}<extra></extra>`,
    }, {
      x: [curve.epochs[end]], y: finite([curve.median[end]]), mode: "markers+text", hoverinfo: "skip",
      marker: { color: paint, size: 9 }, text: ["ABCD"[slot]], textposition: "middle right",
      textfont: { color: paint, size: 13 }, cliponaxis: false,
    });
    spoken.push(t("curve spoken", {
      cell: name, metric: say(grid().metric), first: lossText(curve.median[0]), from: curve.epochs[0],
      last: lossText(curve.median[end]), to: curve.epochs[end],
    }));
  }
  draw("curves", traces, {
    ...targetLines(), yaxis: lossAxis(lists),
    xaxis: axis(t("epoch"), { rangemode: "tozero", tickformat: "d" }), margin: { l: 56, r: 20, t: 14, b: 42 },
  }, `${t("curves")}. ${[...spoken, ...missing].join("; ") || t("none chosen")}`);
  const { curves, repeats } = grid();
  const notes = [chosen().length ? "" : t("none chosen"), ...missing,
    curves > 1 ? t("median curves", { n: curves }) : t("single curves", { metric: say(grid().metric) }),
    curves < repeats ? t("curves of", { n: curves, all: repeats }) : ""];
  byId("curves-note").textContent = notes.filter(Boolean).join(" ");
}
