// What charts of losses share: the axis, the lines at targets, and how each run is drawn.

import { say, t } from "../dom.js";
import { extent } from "../recordings.js";
import { grid, state } from "../store.js";

export const DASHES = [null, "8 4", "2 4", "8 3 2 3", "12 3"];
export const slotColour = (slot) => `var(--${"abcdl"[slot]})`;

// The axis of losses: what explodes leaves it, and the target stays in it. Scores have a plain one.
export function lossAxis(lists, target = grid().target) {
  const title = say(grid().metric);
  const { maximize } = grid();
  if (maximize) return { title, range: padded(extent([...(target === null ? [] : [target]), ...lists.flatMap((values) => Array.from(values).filter(Number.isFinite))])) };
  const tame = (loss) => loss > 0 && loss < 1e30;
  const firsts = lists.map((losses) => losses[0]).filter(tame);
  const targets = target > 0 ? [target] : [];
  const [low, most] = extent([...targets, ...lists.flatMap((losses) => Array.from(losses).filter(tame))]);
  if (low === Infinity) return { title, range: [0, 1] };
  const high = Math.max(Math.min(most, 100 * extent(firsts)[0]), 10 * low);
  return state.logarithmic ? { title, log: true, range: [0.6 * low, 1.6 * high] } : { title, range: [0, 1.05 * high] };
}

// A range with some room at both ends; what has no numbers gets 0 to 1.
export function padded([low, high], share = 0.06) {
  if (low > high) return [0, 1];
  const room = share * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

export function epochAxis(lists) {
  const [, most] = extent(lists.map((epochs) => epochs[epochs.length - 1]));
  return { title: t("epoch"), range: [0, most > 0 ? 1.02 * most : 1], whole: true };
}

// Lines at the run's own target and, while another one is counted, at that.
export function targetRules() {
  const levels = (state.level ? [grid().target, grid().levels[state.level]] : [grid().target])
    .filter((level) => level !== null && (level > 0 || !state.logarithmic || grid().maximize));
  return levels.map((level, i) => targetRule(level, i > 0));
}

export const targetRule = (target, dashed) => ({
  kind: "rule", y: target, stroke: "var(--target)", width: 1.5, dash: dashed ? "6 4" : "2 3", label: t("target line", { target }),
});
