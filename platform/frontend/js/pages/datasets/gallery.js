// What is done to the selected images: relabel, leave out, take in, trash, restore, each with Undo;
// keys for it.

import { codeOf, request } from "../../csrf.js";
import { allWithin, jsonOf, maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { complain } from "../../toast.js";
import { Edits, images, leaveWith } from "./gallery/edits.js";
import "./gallery/filter-menu.js";
import { galleryKeys, helpOnKeys } from "./gallery/keys.js";

/**
 * @import { BulkAnswer } from "../../../types/api"
 * @import { Gallery } from "../../../types/page"
 *
 * @typedef {object} Bulk what the page knows of itself
 * @property {string} url
 * @property {object} filter
 * @property {string} seen_at
 */

/** @type {Record<string, (count: number, name: string) => string>} */
const DONE = {
  relabel: (count, name) =>
    name ? `${images(count)} relabelled as ${name}` : `${images(count)} without a class now`,
  exclude: (count) => `${images(count)} left out of new versions`,
  include: (count) => `${images(count)} taken into new versions`,
  trash: (count) => `${images(count)} in the trash`,
  restore: (count) => `${images(count)} restored`,
};

/** @param {string} action @param {string} name of a class @param {BulkAnswer} answer */
function sentence(action, name, { matched, changed }) {
  if (!changed) return "Nothing to change: they are so already.";
  const already = matched - changed;
  const verb = already === 1 ? "was" : "were";
  const rest = already ? `; ${formatInteger(already)} ${verb} so already` : "";
  return `${DONE[action](changed, name)}${rest}.`;
}

/** @param {HTMLElement} tile @param {string} action @param {string} name @returns {() => void} */
function changeTile(tile, action, name) {
  const caption = one(tile, "[data-tile-class]");
  const [text, excluded] = [caption.textContent, tile.classList.contains("is-excluded")];
  if (action === "relabel") caption.textContent = name || "not labelled";
  else if (action === "exclude" || action === "include")
    tile.classList.toggle("is-excluded", action === "exclude");
  return () => {
    caption.textContent = text;
    tile.classList.toggle("is-excluded", excluded);
  };
}

let showClasses = () => {};

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

/** What can be done to the selected images of a gallery. */
class BulkActions {
  /** @param {Gallery} gallery @param {Bulk} bulk @param {Edits} edits */
  constructor(gallery, bulk, edits) {
    this.gallery = gallery;
    this.bulk = bulk;
    this.edits = edits;
    gallery.addEventListener("selection", () => this.offer());
    const form = maybe(gallery, "[data-bulk-relabel]");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = one(form, "input", HTMLInputElement);
      const name = field.value.trim();
      if (!name) return void field.focus();
      this.apply("relabel", name);
      field.value = "";
    });
    maybe(gallery, "[data-bulk-unlabel]")?.addEventListener("click", () => this.apply("relabel"));
    const ask = maybe(gallery, "[data-bulk-ask]");
    ask?.addEventListener("submit", () => this.name(/** @type {HTMLFormElement} */ (ask)));
    for (const button of allWithin(gallery, "[data-bulk-action]"))
      button.addEventListener("click", () => this.apply(button.dataset.bulkAction ?? ""));
  }

  /** Only what can be done to the selected images is offered. */
  offer() {
    const { selection } = this.gallery;
    if (!selection) return;
    const chosen = selection.selected();
    const excluded = chosen.filter((tile) => tile.classList.contains("is-excluded")).length;
    /** @param {string} action @param {boolean} shown */
    const show = (action, shown) =>
      maybe(this.gallery, `[data-bulk-action=${action}]`)?.toggleAttribute("hidden", !shown);
    show("include", selection.everything || excluded > 0);
    show("exclude", selection.everything || excluded < chosen.length);
  }

  /**
   * Puts the selected images into a form; none where everything that matches is selected.
   * @param {HTMLFormElement} form
   */
  name(form) {
    const { selection } = this.gallery;
    const chosen = selection?.everything ? [] : (selection?.selected() ?? []);
    const field = form.elements.namedItem("images");
    if (field instanceof HTMLInputElement)
      field.value = chosen.map((tile) => tile.dataset.id).join(",");
  }

  /**
   * @param {string} action of `DONE`
   * @param {string} [name] of the class that they get; empty: none
   * @param {{anyway?: boolean}} [how] anyway: also what another person has labelled since
   */
  async apply(action, name = "", { anyway = false } = {}) {
    const { selection, classList } = this.gallery;
    if (!selection || classList.contains("is-busy")) return;
    const { everything } = selection;
    const tiles = selection.selected();
    const which = everything
      ? { filter: this.bulk.filter }
      : { images: tiles.map((tile) => tile.dataset.id) };
    const seen = { class_name: name, seen_at: anyway ? null : this.bulk.seen_at };
    const json = { action, ...which, ...(action === "relabel" ? seen : {}) };
    classList.add("is-busy");
    try {
      const answer = await request(this.bulk.url, { method: "POST", json });
      const message = sentence(action, name, answer);
      if (everything) return void leaveWith({ message, edit: answer.edit });
      this.show(tiles, action, name, { message, edit: answer.edit });
    } catch (problem) {
      const again = {
        label: "Relabel anyway",
        run: () => this.apply(action, name, { anyway: true }),
      };
      complain(problem, { action: codeOf(problem) === "changed_meanwhile" ? again : undefined });
    } finally {
      classList.remove("is-busy");
    }
  }

  /**
   * Shows the tiles as the server has them by now, and says what was done.
   * @param {HTMLElement[]} tiles
   * @param {string} action
   * @param {string} name
   * @param {{message: string, edit: string}} done
   */
  show(tiles, action, name, done) {
    const { selection } = this.gallery;
    if (!selection) return;
    const at = selection.tiles().indexOf(tiles[0]);
    selection.clear();
    const back = this.changeTiles(tiles, action, name);
    if (!selection.tiles().length) return void leaveWith(done);
    this.keepFocus(tiles, at);
    refreshCounts();
    this.edits.say(done.message, done.edit, back);
  }

  /**
   * @param {HTMLElement[]} tiles
   * @param {string} action
   * @param {string} name
   * @returns {() => void} changes them back
   */
  changeTiles(tiles, action, name) {
    const steps = tiles.map((tile) => changeTile(tile, action, name));
    const goes = action === "trash" || action === "restore";
    const putBack = goes ? this.gallery.tiles?.remove(tiles) : undefined;
    return () => {
      for (const back of steps) back();
      putBack?.();
    };
  }

  /**
   * The keyboard goes on where it was: at the first changed tile, or at what has taken its place.
   * @param {HTMLElement[]} changed
   * @param {number} at the place of the first of them
   */
  keepFocus(changed, at) {
    const { tiles, selection } = this.gallery;
    const { activeElement } = document;
    if (activeElement !== document.body && !selection?.bar?.contains(activeElement)) return;
    const all = tiles?.all ?? [];
    const tile = changed.find((one) => tiles?.has(one)) ?? all[Math.min(at, all.length - 1)];
    if (tile) tiles?.focus(tile, { preventScroll: true });
  }
}

/** @type {Gallery | null} */
const gallery = maybe(document, "[data-bulk]");
const edits = new Edits(gallery, refreshCounts);
/** @type {Bulk | null} */
const bulk = gallery && jsonOf(gallery.dataset.bulk);
const actions = gallery && bulk && new BulkActions(gallery, bulk, edits);
if (gallery) {
  showClasses = galleryKeys(gallery, {
    names: () =>
      allWithin(document, "#class-names option", HTMLOptionElement).map(({ value }) => value),
    relabel: (name) => actions?.apply("relabel", name),
    undo: () => edits.undoLast(),
  });
}
// Said here too when nothing matches any more, or the dataset is empty now: that is when one wants
// Undo most.
edits.sayFlash();
const shown = maybe(document, "[data-gallery]:has([data-keys])");
if (shown) helpOnKeys(shown);
