// Short announcements at the corner, in a live region. Undo instead of "Are you sure?". A server
// sends one with HX-Trigger:
// {"loupe:toast": {"message": "12 images relabelled", "undo_url": "/…/undo/"}}

import { messageOf, problemFrom, request, SAID } from "./csrf.js";
import { allWithin, around, el, icon, isModified, one } from "./dom.js";

const SECONDS = 7;
const STALE = "The page is older than your sign-in";
const region = () => one(document, "#toasts");

/**
 * @typedef {object} Options
 * @property {boolean} [error]
 * @property {boolean} [stays] until it is dismissed, as errors do; the rest leave after 7 s
 * @property {string | (() => unknown)} [undo] an address to POST to, or a function, whose sentence
 *   (if it returns one) is said then
 * @property {{url: string, label: string}} [link]
 * @property {{label: string, run: () => unknown}} [action]
 */

/** @param {HTMLElement} item */
function dismissLater(item) {
  /** @type {number | undefined} */
  let timer;
  const start = () => {
    timer = window.setTimeout(() => item.remove(), SECONDS * 1000);
  };
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, start);
  start();
}

/** @param {HTMLElement} item */
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

/** @param {HTMLElement} item @param {string | (() => unknown)} target */
async function undo(item, target) {
  item.remove();
  try {
    const said =
      typeof target === "function" ? await target() : await request(target, { method: "POST" });
    toast(typeof said === "string" ? said : "Undone");
    document.body.dispatchEvent(new CustomEvent("loupe:undone"));
  } catch (problem) {
    complain(problem);
  }
}

/** Says what went wrong. @param {unknown} problem what was caught @param {Options} [options] */
export const complain = (problem, options = {}) =>
  toast(messageOf(problem), { ...options, error: true });

/** @param {string} message @param {Options} [options] @returns {HTMLElement} */
export function toast(message, options = {}) {
  if (message === SAID[401] && toldSignedOut?.isConnected) return toldSignedOut;
  if (message.startsWith(STALE))
    return show(message, { ...options, action: { label: "Reload", run: () => location.reload() } });
  return show(message, options);
}

/** @param {string} message @param {Options} options */
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

for (const item of allWithin(document, ".lp-toast")) {
  item.append(closeButton(item));
  if (!item.hasAttribute("data-stays")) dismissLater(item);
}

document.addEventListener("loupe:toast", (event) => {
  const { message, error, undo_url: undoUrl, link } = event.detail;
  toast(message, { error, undo: undoUrl, link });
});

document.addEventListener("keydown", (event) => {
  const typing = around(
    event,
    "input:not([type=checkbox], [type=range]), textarea, select, [contenteditable]",
  );
  if (event.key !== "u" || isModified(event) || typing) return;
  const button = allWithin(region(), "[data-undo]").at(-1);
  if (!button) return;
  event.preventDefault(); // So that a page with an undo of its own leaves this key alone.
  button.click();
});

// Who has signed out in another tab is told once, until that is dismissed, also by what merely
// polls.
/** @type {HTMLElement | null} */
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
