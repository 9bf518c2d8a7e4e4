// The page: its views are built, told of each other through the store alone, and shown.

import { buildBoard } from "./board/board.js";
import { begin } from "./board/choice.js";
import { buildChips } from "./board/chips.js";
import { buildCopying } from "./board/copying.js";
import { buildNumbers } from "./board/numbers.js";
import { buildTarget } from "./board/target.js";
import { buildCurves } from "./charts/curves.js";
import { buildSaving } from "./charts/saving.js";
import { redraw } from "./charts/svg.js";
import { buildDocument } from "./document.js";
import { byId } from "./dom.js";
import { buildPanel, openLab } from "./lab/panel.js";
import { buildPicture } from "./lab/picture.js";
import { buildSweep } from "./lab/sweep.js";
import { buildInside } from "./playback/inside.js";
import { buildPlayback } from "./playback/playback.js";
import { PAGE, grid, set, start, subscribe } from "./store.js";

// On paper all is light and as wide as the paper, and closed parts are open.
const about = byId("about");
let wasOpen = false;
function onPaper(printing) {
  if (printing) wasOpen = about.open;
  about.open = printing || wasOpen;
  document.documentElement.classList.toggle("printing", printing);
  set({ printing });
  redraw();
}
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => set({ dark: matches }));

buildDocument();
if (PAGE.grids.length) {
  if (byId("board")) {
    buildBoard();
    buildNumbers();
    buildTarget();
    buildCopying();
  }
  buildChips();
  buildPanel();
  buildPicture();
  buildSweep();
  subscribe(["grid"], () => {
    document.querySelector(".compared").hidden = !grid().compared; // a number each leaves nothing to draw
  });
  buildCurves();
  buildPlayback();
  buildInside();
  buildSaving();
  if (byId("board")) begin(0);
}
start();
if (PAGE.grids.length) openLab();
