// The hand-in that is looked at: its table beside the ranges, what there is to say, the feedback.

import { byId, copy, make, say, t } from "../dom.js";
import { PAGE, set, state, subscribe } from "../store.js";
import { lightOf } from "./list.js";

function tableOf(cells) {
  const { rows, columns, row, column } = PAGE.board;
  const head = make("tr", {}, make("td", {}, `${say(row)} ↓ ${say(column)} →`), ...columns.map((value) => make("th", { scope: "col" }, value)));
  return make("table", { class: "sheet cells" }, make("caption", {}, t("as read")), make("thead", {}, head),
    make("tbody", {}, ...rows.map((value, i) => make("tr", {}, make("th", { scope: "row" }, value),
      ...columns.map((_, j) => cellOf(cells[i * columns.length + j]))))));
}

function cellOf({ text, verdict, reasons, range }) {
  const [mark, name] = PAGE.verdicts[verdict];
  return make("td", { class: verdict.replace(" ", "-"), title: [say(name), ...reasons.map(say)].join(": ") },
    make("span", { class: "text" }, `${text} ${mark}`), make("br"), make("span", { class: "note" }, range));
}

const listOf = (texts) => make("ul", { class: "findings" }, ...texts.map((text) => make("li", {}, text)));

function feedbackOf(text, isOpen) {
  return make("details", { open: isOpen }, make("summary", {}, t("feedback")),
    make("p", {}, make("button", { type: "button", class: "link", id: "copy", onclick: () => copy("feedback", text) }, t("copy")),
      " ", make("span", { class: "note", role: "status", id: "feedback-copied" })),
    make("pre", { tabindex: "0", id: "feedback-text" }, text));
}

function refreshDetails() {
  const each = PAGE.hand_ins[state.looked];
  byId("details").hidden = !each;
  if (!each) return;
  const marks = Object.values(PAGE.verdicts).map(([mark, name]) => `${mark} ${say(name)}`).join(" · ");
  const table = each.cells ? [
    make("p", { class: "note" }, t("read as", { layout: say(each["read as"]) })),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("as read") }, tableOf(each.cells)),
    make("p", { class: "note" }, marks),
  ] : [];
  const listed = (name, texts) => (texts.length ? [make("h3", {}, t(name)), listOf(texts)] : []);
  const isOpen = Boolean(byId("details").querySelector("details")?.open);
  byId("details-body").replaceChildren(
    make("h3", { class: "named" }, lightOf(each.light), ` ${each.name} · ${say(PAGE.lights[each.light])}`),
    ...table,
    ...listed("said", each.sentences.map(say)),
    ...listed("files", each.files.length > 1 ? each.files : []),
    ...listed(each.cells ? "problems" : "said", each.problems),
    feedbackOf(say(each.feedback), isOpen));
}

export function buildDetails() {
  subscribe(["language", "looked"], refreshDetails);
}

// Show a hand-in, and its row.
export function look(place) {
  set({ looked: place, light: "all", filter: "" });
  byId("filter").value = "";
  byId(`hand-in-${place}`).focus({ preventScroll: true });
  byId("list-title").scrollIntoView();
}
