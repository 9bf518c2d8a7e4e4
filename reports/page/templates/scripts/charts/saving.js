// A chart as a picture: its SVG, with the colours that the style sheet gives it, drawn as PNG.

import { byId, make, t } from "../dom.js";
import { subscribe } from "../store.js";

const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "paint-order", "visibility"];
const SHARP = 2; // pixels of the picture for one of the screen

// The SVG of a chart as a text that needs no style sheet.
export function svgOf(id) {
  const shown = byId(id).querySelector("svg");
  const copy = shown.cloneNode(true);
  const originals = shown.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, i) => {
    const style = getComputedStyle(originals[i]);
    element.setAttribute("style", LOOK.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  const [, , width, height] = shown.getAttribute("viewBox").split(" ");
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height })) copy.setAttribute(name, value);
  const paper = getComputedStyle(document.body).backgroundColor;
  copy.prepend(make("rect", { width, height, style: `fill:${paper}` }));
  return new XMLSerializer().serializeToString(copy);
}

async function save(id) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(id))}`;
  await image.decode();
  const canvas = make("canvas", { width: SHARP * image.width, height: SHARP * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  make("a", { href: canvas.toDataURL("image/png"), download: `${id}.png` }).click();
}

export function buildSaving() {
  const buttons = [...document.querySelectorAll(".chart")].map((chart) => {
    const button = make("button", { type: "button", class: "link save", onclick: () => save(chart.id) });
    chart.after(button);
    return button;
  });
  subscribe(["language"], () => buttons.forEach((button) => { button.textContent = t("save picture"); }));
}
