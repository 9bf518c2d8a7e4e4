// The table as a text for other programs: with tabs, as Markdown, as LaTeX.

import { byId, copy, inWords, make, say, t, uncopy } from "../dom.js";
import { grid, state, subscribe } from "../store.js";
import { measureName, shownOf } from "./board.js";

const LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}", η: "$\\eta$" };
const inLatex = (text) => text.replace(/[\\~^<>η]|[&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`);
const inMarkdown = (text) => text.replace(/[\\|*_`[\]<]/g, "\\$&");

// Rows of texts, the names of the columns first; epochs stand with their accuracy, as in table.md.
function rows() {
  const { rows: down, columns: across, cells, shown } = grid();
  const [main, other] = shown;
  const textOf = (cell) => [state.measure, ...(state.measure === main && other === "accuracy" ? [other] : [])]
    .map((measure) => inWords(shownOf(cell, measure)[0])).join(" / ");
  const texts = new Map(cells.map(({ row, column }, cell) => [`${row} ${column}`, textOf(cell)]));
  const columns = across ? across.values.map((value) => say(value)) : [measureName(state.measure)];
  const corner = across ? `${say(down.name)} \\ ${say(across.name)}` : say(down.name);
  return [[corner, ...columns], ...down.values.map((value, row) =>
    [say(value), ...columns.map((_, column) => texts.get(`${row} ${column}`) ?? "")])];
}

export const FORMATS = {
  text: (table) => table.map((row) => row.join("\t")).join("\n"),
  Markdown: ([head, ...body]) => [head, head.map(() => "---:"), ...body.map((row) => row)]
    .map((row, i) => `| ${row.map((text) => (i === 1 ? text : inMarkdown(text))).join(" | ")} |`).join("\n"),
  LaTeX: ([head, ...body]) => {
    const line = (row) => `${row.map(inLatex).join(" & ")} \\\\`;
    return [`\\begin{tabular}{${"r".repeat(head.length)}}`, "\\hline", line(head), "\\hline", ...body.map(line), "\\hline", "\\end{tabular}"].join("\n");
  },
};

function refreshButtons() {
  byId("board-copy").replaceChildren(make("span", {}, `${t("copy table")} `),
    ...Object.keys(FORMATS).flatMap((format) => [
      make("button", { type: "button", class: "link", onclick: () => copy("board", FORMATS[format](rows())) }, format === "text" ? t("as text") : format), " "]));
}

export function buildCopying() {
  subscribe(["language"], refreshButtons);
  subscribe(["language", "grid", "measure", "level"], () => uncopy("board"));
}
