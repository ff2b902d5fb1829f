// Short announcements at the corner, in a live region. Undo instead of "Are you sure?". A server
// sends one with HX-Trigger:
// {"loupe:toast": {"message": "12 images relabelled", "undo_url": "/…/undo/"}}

import { problemFrom, request, SAID } from "./csrf.js";
import { el, icon } from "./dom.js";

const SECONDS = 7;
const STALE = "The page is older than your sign-in";
const region = () => document.getElementById("toasts");

function dismissLater(item) {
  let timer = null;
  const start = () => (timer = setTimeout(() => item.remove(), SECONDS * 1000));
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, start);
  start();
}

const closeButton = (item) =>
  el(
    "button",
    {
      type: "button",
      class: "lp-toast-close",
      "aria-label": "Dismiss",
      onclick: () => item.remove(),
    },
    icon("x"),
  );

async function undo(item, target) {
  item.remove();
  try {
    const said =
      typeof target === "function" ? await target() : await request(target, { method: "POST" });
    toast(typeof said === "string" ? said : "Undone");
    document.body.dispatchEvent(new CustomEvent("loupe:undone"));
  } catch (problem) {
    toast(problem.message, { error: true });
  }
}

/**
 * @param {string} message
 * @param {{error?: boolean, stays?: boolean, undo?: string|(() => unknown), link?: {url: string, label: string}, action?: {label: string, run: () => unknown}}} [options]
 *   undo: an address to POST to, or a function, whose sentence (if it returns one) is said then. Errors, and
 *   what `stays`, stay until dismissed; the rest leave after 7 s.
 * @returns {HTMLElement}
 */
export function toast(message, options = {}) {
  if (message === SAID[401] && toldSignedOut?.isConnected) return toldSignedOut;
  if (message.startsWith(STALE))
    return show(message, { ...options, action: { label: "Reload", run: () => location.reload() } });
  return show(message, options);
}

function show(message, { error = false, stays = error, undo: undoTarget, link, action }) {
  const item = el("div", { class: `lp-toast${error ? " is-error" : ""}` });
  item.append(icon(error ? "alert-triangle" : "circle-check"), el("span", { text: message }));
  if (link) item.append(el("a", { href: link.url, text: link.label }));
  if (action)
    item.append(
      el("button", {
        type: "button",
        text: action.label,
        onclick: () => {
          item.remove();
          action.run();
        },
      }),
    );
  if (undoTarget) {
    item.append(
      el("button", {
        type: "button",
        "data-undo": true,
        text: "Undo",
        title: "u",
        onclick: () => undo(item, undoTarget),
      }),
    );
  }
  item.append(closeButton(item));
  region().append(item);
  if (!stays) dismissLater(item);
  return item;
}

for (const item of document.querySelectorAll(".lp-toast")) {
  item.append(closeButton(item));
  if (!item.hasAttribute("data-stays")) dismissLater(item);
}

document.addEventListener("loupe:toast", (event) => {
  const { message, error, undo_url: undoUrl, link } = event.detail;
  toast(message, { error, undo: undoUrl, link });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.(
    "input:not([type=checkbox], [type=range]), textarea, select, [contenteditable]",
  );
  if (event.key !== "u" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const button = [...region().querySelectorAll("[data-undo]")].at(-1);
  if (!button) return;
  event.preventDefault(); // So that a page with an undo of its own leaves this key alone.
  button.click();
});

// Who has signed out in another tab is told once, until that is dismissed, also by what merely
// polls.
let toldSignedOut = null;
function tellSignedOut() {
  if (toldSignedOut?.isConnected) return;
  const here = encodeURIComponent(location.pathname + location.search);
  toldSignedOut = show("You are signed out.", {
    error: true,
    link: { url: `/accounts/login/?next=${here}`, label: "Sign in" },
  });
}
document.addEventListener("loupe:signed-out", tellSignedOut);

// A failed htmx request says so, unless it merely polls.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status === 401) return void tellSignedOut();
  if (!elt.getAttribute("hx-trigger")?.includes("every"))
    toast(problemFrom(xhr.status, xhr.responseText).message, { error: true });
});
document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail.elt.getAttribute("hx-trigger")?.includes("every"))
    toast("No connection to Loupe. Try again.", { error: true });
});
