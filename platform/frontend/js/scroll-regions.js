// A table that is wider than its page scrolls: the keyboard must reach it, and be told what it has
// reached.

import { allWithin, whenAdded } from "./dom.js";

/** @param {HTMLElement} region */
const nameOf = (region) =>
  region.closest("section, .card, main")?.querySelector("h1, h2, h3")?.textContent?.trim() ||
  "Table";

/** @param {Element} region */
function mark(region) {
  if (!(region instanceof HTMLElement)) return;
  const scrolls =
    region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
  if (!scrolls) {
    if (region.dataset.scrolls === "") {
      region.removeAttribute("tabindex");
      delete region.dataset.scrolls;
    }
    return;
  }
  region.dataset.scrolls = "";
  region.tabIndex = 0;
  region.setAttribute("role", "group");
  region.setAttribute("aria-label", nameOf(region));
}

const watcher = new ResizeObserver((changes) => {
  for (const { target } of changes) mark(target);
});

whenAdded((root) => {
  for (const region of allWithin(root, ".table-scroll:not([tabindex])")) watcher.observe(region);
});
