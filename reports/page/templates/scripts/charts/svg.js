// Charts as SVG: axes, lines, bands, points, rules and labels, and the value under the pointer.
//
// A chart is drawn from a plain object:
//   { x: axis, y: axis, marks: [mark] }
//   axis = { title, range: [low, high], log: bool, ticks: [number] or none }
//   mark = { kind: "line" | "band" | "points" | "rule", x, y (a band: low, high), stroke, fill,
//            width, dash, opacity, square, legend (its name there), key (by which it is moved),
//            label (at its end), hover(i, y) (a text for the point under the pointer) }
// Colours are those of the style sheet, so a chart follows the colour scheme by itself.

import { byId, make } from "../dom.js";

const REACH = 40; // pixels from the pointer to the point whose value is shown
const FAR = 1e5; // pixels; what lies beyond is cut, since browsers can't draw it

const charts = new Map();
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) charts.get(target.id)?.render();
});

// Draw a chart, and say in words what is in it.
export function draw(id, spec, spoken) {
  if (!charts.has(id)) charts.set(id, new Chart(byId(id)));
  charts.get(id).draw(spec);
  describe(id, spoken);
}

export const describe = (id, spoken) => byId(id).setAttribute("aria-label", spoken);

// Give marks of a chart new numbers; axes stay.
export function move(id, changes) {
  for (const [key, numbers] of Object.entries(changes)) charts.get(id).move(key, numbers);
}

export const redraw = () => charts.forEach((chart) => chart.render());

class Chart {
  constructor(place) {
    this.place = place;
    this.tip = make("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    resized.observe(place);
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerleave", () => this.unpoint());
  }

  draw(spec) {
    this.spec = spec;
    this.render();
  }

  render() {
    const { x, y, marks } = this.spec;
    const [width, height] = [this.place.clientWidth, this.place.clientHeight];
    if (!width || !height) return;
    const yTicks = ticks(y, height / 36);
    const left = 26 + 7 * Math.max(2, ...yTicks.map((tick) => text(tick).length));
    const legend = legendOf(marks, left, width);
    const area = { left, right: width - 18, top: 12 + legend.height, bottom: height - 40 };
    const sx = scale(x, area.left, area.right);
    const sy = scale(y, area.bottom, area.top);
    this.at = { sx, sy, area };
    this.shapes = marks.map((mark) => shape(mark, this.at));
    const clip = `clip-${this.place.id}`;
    const { right, top, bottom } = area;
    this.here = make("circle", { r: 5, class: "here", visibility: "hidden" });
    this.place.replaceChildren(make("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      make("clipPath", { id: clip }, make("rect", { x: left, y: top - 6, width: right - left + 6, height: bottom - top + 12 })),
      ...ticks(x, width / 75).flatMap((tick) => [
        make("line", { class: "gridline", x1: sx(tick), x2: sx(tick), y1: top, y2: bottom }),
        make("text", { class: "tick", x: sx(tick), y: bottom + 15, "text-anchor": "middle" }, text(tick))]),
      ...yTicks.flatMap((tick) => [
        make("line", { class: "gridline", x1: left, x2: right, y1: sy(tick), y2: sy(tick) }),
        make("text", { class: "tick", x: left - 6, y: sy(tick) + 4, "text-anchor": "end" }, text(tick))]),
      make("text", { class: "title", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, x.title),
      make("text", { class: "title", transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, y.title),
      make("g", { "clip-path": `url(#${clip})` }, ...this.shapes.map(({ path }) => path)),
      ...this.shapes.map(({ label }) => label),
      ...legend.keys, this.here), this.tip);
  }

  move(key, numbers) {
    const i = this.spec.marks.findIndex((mark) => mark.key === key);
    Object.assign(this.spec.marks[i], numbers);
    if (!this.at) return;
    this.shapes[i].path.setAttribute("d", outline(this.spec.marks[i], this.at));
  }

  // Show the value of the line that is closest to the pointer.
  point({ clientX, clientY }) {
    if (!this.at) return;
    const box = this.place.getBoundingClientRect();
    const [px, py] = [clientX - box.left, clientY - box.top];
    let best = { distance: REACH };
    for (const mark of this.spec.marks.filter(({ hover }) => hover)) {
      const i = nearest(mark.x, this.at.sx, px);
      const [cx, cy] = [this.at.sx(mark.x[i]), this.at.sy(mark.y[i])];
      const distance = Math.hypot(cx - px, cy - py);
      if (distance < best.distance) best = { distance, cx, cy, mark, words: mark.hover(i, mark.y[i]) };
    }
    if (!best.mark) return this.unpoint();
    this.here.setAttribute("cx", best.cx);
    this.here.setAttribute("cy", best.cy);
    this.here.setAttribute("fill", best.mark.stroke);
    this.here.setAttribute("visibility", "visible");
    this.tip.textContent = best.words;
    this.tip.hidden = false;
    const [across, up] = [this.tip.offsetWidth, this.tip.offsetHeight];
    this.tip.style.left = `${Math.max(0, Math.min(best.cx + 10, box.width - across))}px`;
    this.tip.style.top = `${best.cy > up + 14 ? best.cy - up - 10 : best.cy + 12}px`;
  }

  unpoint() {
    this.here?.setAttribute("visibility", "hidden");
    this.tip.hidden = true;
  }
}

function scale({ range: [low, high], log }, from, to) {
  const f = log ? Math.log10 : (value) => value;
  const factor = (to - from) / (f(high) - f(low));
  return (value) => from + (f(value) - f(low)) * factor;
}

// Round numbers in the range of an axis, about so many. On a logarithmic one 1, 2 and 5 times the
// powers of ten, or of many powers some alone.
export function ticks({ range: [low, high], log, whole }, many) {
  if (log) {
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const stride = Math.ceil((last - first) / Math.max(many, 2));
    const factors = last - first > 3 ? [1] : [1, 2, 5];
    const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((power) => power % stride === 0);
    return powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low && tick <= high);
  }
  const rough = (high - low) / Math.max(many, 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((factor) => factor * power >= rough) * power, whole ? 1 : 0);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const text = (tick) => String(tick).replace("-", "−");

function shape(mark, at) {
  const { kind, stroke = "none", fill = "none", width = 2, dash = null, opacity = null, square } = mark;
  const path = make("path", {
    d: outline(mark, at), style: `stroke:${stroke};fill:${fill}`, "stroke-width": width, opacity,
    "stroke-dasharray": dash, "stroke-linecap": kind !== "points" ? "butt" : square ? "square" : "round",
    "stroke-linejoin": "round", class: kind,
  });
  return { path, label: label(mark, at) };
}

function label({ kind, x, y, stroke, label: words }, { sx, sy, area }) {
  if (!words) return null;
  if (kind === "rule") {
    return make("text", { class: "label", x: area.right, y: sy(y) - 4, "text-anchor": "end", style: `fill:${stroke}` }, words);
  }
  const end = x.length - 1;
  if (!Number.isFinite(sy(y[end]))) return null;
  return make("text", { class: "label letter", x: sx(x[end]) + 7, y: Math.max(area.top, sy(y[end])) + 4, style: `fill:${stroke}` }, words);
}

function outline(mark, { sx, sy, area }) {
  const { kind, x, y, low, high } = mark;
  if (kind === "rule") return `M${area.left} ${sy(y)}H${area.right}`;
  if (kind === "band") return `${polyline(x, high, sx, sy)}${polyline([...x].reverse(), [...low].reverse(), sx, sy, "L")}Z`;
  if (kind === "line") return polyline(x, y, sx, sy);
  return Array.from(x, (_, i) => (Number.isFinite(sy(y[i])) ? `M${sx(x[i]).toFixed(1)} ${sy(y[i]).toFixed(1)}h0` : "")).join("");
}

// A line through points; it is broken where a number is not finite.
function polyline(x, y, sx, sy, begin = "M") {
  let path = "";
  let pen = begin;
  for (let i = 0; i < x.length; i++) {
    const py = sy(y[i]);
    if (Number.isNaN(py) || !Number.isFinite(y[i])) {
      pen = "M";
      continue;
    }
    path += `${pen}${sx(x[i]).toFixed(1)} ${Math.max(-FAR, Math.min(FAR, py)).toFixed(1)}`;
    pen = "L";
  }
  return path;
}

function nearest(xs, sx, px) {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sx(xs[middle]) < px) low = middle;
    else high = middle;
  }
  return Math.abs(sx(xs[low]) - px) <= Math.abs(sx(xs[high]) - px) ? low : high;
}

// The legend: a sample and the name of each mark that has one, in as many lines as they take.
function legendOf(marks, left, width) {
  const some = marks.filter(({ legend }) => legend);
  let [x, y] = [left, 10];
  const keys = some.flatMap(({ legend, kind, stroke, width: thickness, opacity, square }) => {
    const long = 52 + 12 * [...legend].reduce((sum, character) => sum + (character > "\u2e7f" ? 1 : 0.52), 0);
    if (x > left && x + long > width) [x, y] = [left, y + 17];
    const sample = make("path", {
      d: kind === "points" ? `M${x + 11} ${y}h0` : `M${x} ${y}h22`, style: `stroke:${stroke}`, opacity,
      "stroke-width": Math.min(2 * thickness, 8), "stroke-linecap": kind !== "points" ? "butt" : square ? "square" : "round",
    });
    const name = make("text", { class: "tick", x: x + 28, y: y + 4 }, legend);
    x += long;
    return [sample, name];
  });
  return { keys, height: some.length ? y + 6 : 0 };
}
