// Puts an explanation beside its question mark: browsers open a popover in the middle of the
// window.

import { maybe } from "./dom.js";

const GAP = 6;

document.addEventListener(
  "toggle",
  (event) => {
    const text = event.target;
    if (!(text instanceof HTMLElement) || !text.matches(".explain-text:popover-open")) return;
    const beside = text.parentElement?.querySelector(".explain-button");
    if (!beside) return;
    const button = beside.getBoundingClientRect();
    const { width, height } = text.getBoundingClientRect();
    const below = button.bottom + GAP + height <= innerHeight;
    text.style.left = `${Math.max(GAP, Math.min(button.left, innerWidth - width - GAP))}px`;
    text.style.top = `${below ? button.bottom + GAP : Math.max(GAP, button.top - GAP - height)}px`;
  },
  true,
);
// It would stay where it is while the page moves away below.
addEventListener("scroll", () => maybe(document, ".explain-text:popover-open")?.hidePopover(), {
  passive: true,
});
