// Puts an explanation beside its question mark: browsers open a popover in the middle of the
// window.

const GAP = 6;

document.addEventListener(
  "toggle",
  (event) => {
    const text = event.target;
    if (event.newState !== "open" || !text.matches?.(".explain-text")) return;
    const button = text.parentElement.querySelector(".explain-button").getBoundingClientRect();
    const { width, height } = text.getBoundingClientRect();
    const below = button.bottom + GAP + height <= innerHeight;
    text.style.left = `${Math.max(GAP, Math.min(button.left, innerWidth - width - GAP))}px`;
    text.style.top = `${below ? button.bottom + GAP : Math.max(GAP, button.top - GAP - height)}px`;
  },
  true,
);
// It would stay where it is while the page moves away below.
addEventListener(
  "scroll",
  () => document.querySelector(".explain-text:popover-open")?.hidePopover(),
  { passive: true },
);
