// Fill in the live version's own figures, one or the main ones; the preview follows by itself.

import { allWithin, maybe, one } from "../../dom.js";

/** @param {HTMLElement} button */
function take(button) {
  const field = one(document, `#${button.dataset.for}`, HTMLInputElement);
  field.value = button.dataset.take ?? "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function start() {
  const all = maybe(document, "[data-fill-all]", HTMLElement);
  if (all) all.hidden = allWithin(document, "[data-main]", HTMLElement).length === 0;
}

document.addEventListener("click", (event) => {
  const clicked = event.target instanceof Element ? event.target : null;
  const button = clicked?.closest("[data-take]");
  if (button instanceof HTMLElement) take(button);
  if (clicked?.closest("[data-fill-all]")) {
    for (const each of allWithin(document, "[data-main]", HTMLElement)) take(each);
  }
});
document.addEventListener("htmx:afterSettle", start);
start();
