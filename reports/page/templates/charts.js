// What all charts share: colours of the page, axes, and how Plotly is called.

const DASHES = ["solid", "dash", "dot", "dashdot"];
const UNIT_COLOURS = 6; // with more units they come again, in other dashes
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const slotColour = (slot) => colour(["--a", "--b", "--c", "--d"][slot]);
const unitColour = (unit) => colour(`--unit-${unit % UNIT_COLOURS}`);
const faded = (hex, share) => `rgba(${rgb(hex).join()},${share})`;
const finite = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : null));

function axis(title, more = {}) {
  return {
    title: { text: title, font: { size: 12 }, standoff: 8 }, automargin: true, zeroline: false,
    gridcolor: colour("--grid"), linecolor: colour("--line"), tickfont: { size: 11 },
    fixedrange: !matchMedia("(pointer: fine)").matches, ...more,
  };
}

// Draw a chart, and say in words what is in it.
function draw(id, traces, layout, spoken) {
  const place = byId(id);
  const printing = document.documentElement.classList.contains("printing");
  const size = printing ? { width: place.clientWidth, height: place.clientHeight } : { autosize: true };
  Plotly.react(place, traces, {
    margin: { l: 48, r: 12, t: 8, b: 40 }, showlegend: false, hovermode: "closest",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, color: colour("--ink"), size: 12 },
    hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--line"), font: { color: colour("--ink") } },
    ...size, ...layout,
  }, { displayModeBar: false, responsive: true, doubleClick: "reset" });
  place.setAttribute("aria-label", spoken);
}

// The axis of losses: what explodes leaves it, and the target stays in it. Scores have a plain one.
function lossAxis(lists) {
  const title = say(grid().metric);
  if (grid().maximize) return axis(title);
  const tame = (loss) => loss > 0 && loss < 1e30;
  const firsts = lists.map((losses) => losses[0]).filter(tame);
  const target = grid().target > 0 ? [grid().target] : [];
  const [low, most] = extent([...target, ...lists.flatMap((losses) => Array.from(losses).filter(tame))]);
  const high = Math.max(Math.min(most, 100 * extent(firsts)[0]), 10 * low);
  const range = state.logarithmic ? [Math.log10(0.6 * low), Math.log10(1.6 * high)] : [0, 1.05 * high];
  const more = state.logarithmic ? { type: "log", ...ticks(range) } : {};
  return axis(title, { range, ...more });
}

// Of a logarithmic axis: 1, 2 and 5 times the powers of ten, or those alone if they are many.
function ticks([low, high]) {
  const factors = high - low > 3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => i + Math.floor(low));
  const tickvals = powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)));
  return { tickvals, ticktext: tickvals.map(String) };
}

// Lines at the run's own target and, while another one is counted, at that.
function targetLines() {
  const levels = (state.level ? [grid().target, grid().levels[state.level]] : [grid().target])
    .filter((level) => level !== null);
  const shapes = levels.map((level, i) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, y0: level, y1: level,
    line: { color: colour("--target"), width: 1.5, dash: i ? "dash" : "dot" },
  }));
  const annotations = levels.map((level) => ({
    xref: "paper", x: 1, xanchor: "right", yanchor: "bottom", showarrow: false,
    y: state.logarithmic ? Math.log10(level) : level, text: t("target line", { target: level }),
    font: { size: 11, color: colour("--target") },
  }));
  return { shapes, annotations };
}
