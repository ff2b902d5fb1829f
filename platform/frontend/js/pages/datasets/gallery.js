// What is done to the selected images: relabel, leave out, take in, trash, restore, each with Undo;
// keys for it.

import { request } from "../../csrf.js";
import { formatInteger } from "../../format.js";
import { toast } from "../../toast.js";
import { galleryKeys, helpOnKeys } from "./gallery/keys.js";

const FLASH_KEY = "loupe-bulk-done";
const gallery = document.querySelector("[data-bulk]");
const bulk =
  gallery && JSON.parse(document.getElementById(gallery.dataset.bulk)?.textContent ?? "null");
// What this page has done and can undo, the latest last: {edit, back}; `back` changes the tiles
// back.
const edits = [];
let showClasses = () => {};
const images = (count) => `${formatInteger(count)} image${count === 1 ? "" : "s"}`;

const DONE = {
  relabel: (count, name) =>
    name ? `${images(count)} relabelled as ${name}` : `${images(count)} without a class now`,
  exclude: (count) => `${images(count)} left out of new versions`,
  include: (count) => `${images(count)} taken into new versions`,
  trash: (count) => `${images(count)} in the trash`,
  restore: (count) => `${images(count)} restored`,
};

function sentence(action, name, { matched, changed }) {
  if (!changed) return "Nothing to change: they are so already.";
  const already = matched - changed;
  return `${DONE[action](changed, name)}${already ? `; ${formatInteger(already)} ${already === 1 ? "was" : "were"} so already` : ""}.`;
}

/** Changes the tiles to what the server has by now; returns how to change them back. */
function changeTiles(tiles, action, name) {
  const steps = tiles.map((tile) => {
    const caption = tile.querySelector("[data-tile-class]");
    const [text, excluded] = [caption.textContent, tile.classList.contains("is-excluded")];
    if (action === "relabel") caption.textContent = name || "not labelled";
    else if (action === "exclude" || action === "include")
      tile.classList.toggle("is-excluded", action === "exclude");
    return () => {
      caption.textContent = text;
      tile.classList.toggle("is-excluded", excluded);
    };
  });
  if (action === "trash" || action === "restore") steps.push(gallery.tiles.remove(tiles));
  return () => {
    for (const back of steps) back();
  };
}

/** Counts beside the tiles come from the page as it is now. */
async function refreshCounts() {
  const response = await fetch(location.href, {
    headers: { Accept: "text/html" },
    credentials: "same-origin",
  });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["dataset-holds", "balance-card", "match-count", "class-names"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && now) old.replaceWith(document.adoptNode(now));
  }
  showClasses();
}

/** Says what was done, with a button that undoes it. */
function say(message, edit, back = null) {
  const entry = { edit, back };
  if (edit) edits.push(entry);
  toast(message, { undo: edit && (() => undo(entry)) });
}

async function undo(entry) {
  edits.splice(edits.indexOf(entry), 1);
  gallery?.classList.add("is-busy");
  try {
    const { left } = await request(`/api/v1/bulk-edits/${entry.edit}/undo/`, { method: "POST" });
    const said = left ? `Undone, except ${images(left)} changed by someone since.` : "Undone";
    if (left || !entry.back) return leaveWith({ message: said });
    entry.back();
    refreshCounts();
    return said;
  } catch (problem) {
    if (problem.code !== "already_undone") edits.push(entry);
    throw problem;
  } finally {
    gallery?.classList.remove("is-busy");
  }
}

/** For when the toast, which listens to u itself, has gone. */
async function undoLast() {
  if (!edits.length || gallery.classList.contains("is-busy")) return;
  try {
    toast(await undo(edits.at(-1)));
  } catch (problem) {
    toast(problem.message, { error: true });
  }
}

/** Loads the page again, which then says this. */
function leaveWith(flash) {
  sessionStorage.setItem(FLASH_KEY, JSON.stringify(flash));
  location.reload();
  return new Promise(() => {});
}

/** The keyboard goes on where it was: at the first changed tile, or at what has taken its place. */
function keepFocus(tiles, at) {
  const { activeElement } = document;
  if (activeElement !== document.body && !gallery.selection.bar.contains(activeElement)) return;
  const all = gallery.selection.tiles();
  const tile = tiles.find((one) => gallery.tiles.has(one)) ?? all[Math.min(at, all.length - 1)];
  if (tile) gallery.tiles.focus(tile, { preventScroll: true });
}

async function apply(action, name = "", { anyway = false } = {}) {
  const { selection } = gallery;
  if (gallery.classList.contains("is-busy")) return;
  const everything = selection.everything;
  const tiles = selection.selected();
  const which = everything
    ? { filter: bulk.filter }
    : { images: tiles.map((tile) => tile.dataset.id) };
  const relabel =
    action === "relabel" ? { class_name: name, seen_at: anyway ? null : bulk.seen_at } : {};
  gallery.classList.add("is-busy");
  try {
    const answer = await request(bulk.url, {
      method: "POST",
      json: { action, ...which, ...relabel },
    });
    const message = sentence(action, name, answer);
    if (everything) return void leaveWith({ message, edit: answer.edit });
    const at = selection.tiles().indexOf(tiles[0]);
    selection.clear();
    const back = changeTiles(tiles, action, name);
    if (!selection.tiles().length) return void leaveWith({ message, edit: answer.edit });
    keepFocus(tiles, at);
    refreshCounts();
    say(message, answer.edit, back);
  } catch (problem) {
    const again = problem.code === "changed_meanwhile" && {
      label: "Relabel anyway",
      run: () => apply(action, name, { anyway: true }),
    };
    toast(problem.message, { error: true, action: again });
  } finally {
    gallery.classList.remove("is-busy");
  }
}

/** Only what can be done to the selected images is offered. */
function offer() {
  const { selection } = gallery;
  const chosen = selection.selected();
  const excluded = chosen.filter((tile) => tile.classList.contains("is-excluded")).length;
  const show = (action, shown) =>
    gallery.querySelector(`[data-bulk-action=${action}]`)?.toggleAttribute("hidden", !shown);
  show("include", selection.everything || excluded > 0);
  show("exclude", selection.everything || excluded < chosen.length);
}

if (bulk) {
  const field = gallery.querySelector("[data-bulk-relabel] input");
  gallery.addEventListener("selection", offer);
  gallery.querySelector("[data-bulk-relabel]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value.trim()) return void field.focus();
    apply("relabel", field.value.trim());
    field.value = "";
  });
  gallery.querySelector("[data-bulk-unlabel]")?.addEventListener("click", () => apply("relabel"));
  for (const button of gallery.querySelectorAll("[data-bulk-action]"))
    button.addEventListener("click", () => apply(button.dataset.bulkAction));
}
if (gallery) {
  showClasses = galleryKeys(gallery, {
    names: () =>
      [...document.querySelectorAll("#class-names option")].map((option) => option.value),
    relabel: (name) => apply("relabel", name),
    undo: undoLast,
  });
}
// Said here too when nothing matches any more, or the dataset is empty now: that is when one wants
// Undo most.
const flash = JSON.parse(sessionStorage.getItem(FLASH_KEY) ?? "null");
sessionStorage.removeItem(FLASH_KEY);
if (flash) say(flash.message, flash.edit);
const shown = document.querySelector("[data-gallery]:has([data-keys])");
if (shown) helpOnKeys(shown);

// The menu of filters: fetched when it is opened, closed by Escape and by a click beside it.
const menu = document.querySelector("[data-filter-menu]");
menu?.addEventListener(
  "toggle",
  () => menu.open && window.htmx.trigger(menu.querySelector(".filter-panel"), "open-menu"),
);
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (menu && !menu.contains(event.target)) menu.open = false;
});
