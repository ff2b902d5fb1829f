// Loaded by every page. Parts of the kit that a page uses are fetched when their markup is there.

import "./theme.js";
import "./csrf.js";
import "./toast.js";
import "./time.js";
import "./copy.js";
import { allWithin, whenAdded } from "./dom.js";

const PARTS = [
  ["job-progress", () => import("./job-progress.js")],
  ["drop-zone", () => import("./dropzone.js")],
  ["[data-chart]", () => import("./charts/mount.js")],
  ["[data-gallery]", () => import("./gallery.js")],
];

whenAdded(async (root) => {
  await Promise.all(PARTS.filter(([selector]) => allWithin(root, selector).length).map(([, load]) => load()));
  document.documentElement.dataset.ready = "";
});

// The number beside "Jobs" is polled once and mirrored where it stands a second time.
document.addEventListener("htmx:afterSwap", (event) => {
  for (const mirror of document.querySelectorAll(`[data-mirrors="${event.target.id}"]`)) mirror.textContent = event.target.textContent.trim();
});

// A form sent twice by a double click is one form too many.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button?.matches(".btn") || event.target.hasAttribute("data-repeatable")) return;
  setTimeout(() => button.classList.add("is-busy"));
  addEventListener("pageshow", () => button.classList.remove("is-busy"), { once: true });
});
