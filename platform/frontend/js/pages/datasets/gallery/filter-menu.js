// The menu of filters: fetched when it is opened, closed by Escape and by a click beside it.

import { maybe, one } from "../../../dom.js";

const menu = maybe(document, "[data-filter-menu]", HTMLDetailsElement);
menu?.addEventListener("toggle", () => {
  if (menu.open) window.htmx.trigger(one(menu, ".filter-panel"), "open-menu", {});
});
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  one(menu, "summary").focus();
});
document.addEventListener("click", ({ target }) => {
  if (menu && target instanceof Node && !menu.contains(target)) menu.open = false;
});
