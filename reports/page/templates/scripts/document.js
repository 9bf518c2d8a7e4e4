// What is read: the title, the findings, the figures and tables of the report, and its settings.

import { chooseOnly } from "./board/choice.js";
import { byId, make, say, t } from "./dom.js";
import { buildLanguage } from "./language.js";
import { MOST_CHOSEN, PAGE, grid, subscribe } from "./store.js";

function refreshFindings() {
  const findings = [...PAGE.findings.map((text) => ({ text, cells: [] })), ...(grid()?.findings ?? [])];
  byId("byline").textContent = PAGE.byline ? say(PAGE.byline) : "";
  byId("question").textContent = PAGE.question ? say(PAGE.question) : "";
  byId("said").hidden = !findings.length;
  byId("headline").textContent = findings.length ? say(findings[0].text) : "";
  byId("findings").replaceChildren(...findings.map(({ text, cells }) => {
    const words = cells.length > MOST_CHOSEN ? "choose first" : cells.length > 1 ? "choose these" : "choose this";
    const link = make("button", { type: "button", class: "link", onclick: () => {
      chooseOnly(cells);
      byId(`cell-${cells[0]}`).focus({ preventScroll: true });
      byId("board-title").scrollIntoView();
    } }, t(words, { n: cells.length }));
    return make("li", {}, say(text), " ", ...(cells.length ? [link] : []));
  }));
}

// The figures and tables of the report. Figures are in the language of the run.
function refreshParts() {
  byId("parts").hidden = !PAGE.parts.length;
  byId("parts-body").replaceChildren(...PAGE.parts.map(({ caption, figure, source, rows }) => {
    if (rows) return tableOf(say(caption), say(rows));
    const shown = source
      ? make("img", { src: source, alt: say(caption) })
      : make("p", { class: "note" }, t("too large", { file: `figures/${figure}.png` }));
    return make("figure", { class: "drawn" }, shown, make("figcaption", {}, say(caption)));
  }));
}

function refreshLinks() {
  byId("links").hidden = !PAGE.links.length;
  byId("links-body").replaceChildren(...PAGE.links.map(({ path, title, question, finding }) => make("article", {},
    make("h3", {}, make("a", { href: path }, say(title))),
    make("p", { class: "question" }, say(question)), make("p", {}, say(finding)))));
}

function tableOf(caption, [head, ...rows]) {
  const row = (tag, values) => make("tr", {}, ...values.map((value) => make(tag, tag === "th" ? { scope: "col" } : {}, value)));
  return make("figure", {}, make("figcaption", {}, caption),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
      make("table", { class: "sheet" }, make("thead", {}, row("th", head)), make("tbody", {}, ...rows.map((each) => row("td", each))))));
}

function refreshAbout() {
  const tables = PAGE.about.filter(([, rows]) => rows.length).flatMap(([name, rows]) => [
    make("h3", {}, say(name)),
    make("table", {}, make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((v) => make("td", {}, say(v))))))),
  ]);
  byId("about-body").replaceChildren(...tables, make("h3", {}, t("again")),
    make("pre", { tabindex: "0" }, PAGE.command), make("p", { class: "note" }, t("made by")));
}

export function buildDocument() {
  buildLanguage();
  subscribe(["language", "grid"], refreshFindings);
  subscribe(["language"], refreshLinks);
  subscribe(["language"], refreshParts);
  subscribe(["language"], refreshAbout);
}
