// Which tiles are selected: by their boxes, by ranges, all. Tiles that are not in the page now keep
// their choice.

import { around, maybe, one } from "../dom.js";
import { formatInteger } from "../format.js";

/** @import { Tiles } from "./tiles.js" */

/** @param {HTMLElement} tile */
const boxOf = (tile) => maybe(tile, ".tile-check", HTMLInputElement);

/** `everything`: all that match, those too that are not loaded. Any other choice ends that. */
export class Selection {
  /** @param {HTMLElement} gallery @param {HTMLElement} list @param {Tiles} shelf */
  constructor(gallery, list, shelf) {
    this.gallery = gallery;
    this.list = list;
    this.shelf = shelf;
    /** @type {HTMLElement | null} where a range begins */
    this.anchor = null;
    this.everything = false;
    /** @type {Set<HTMLElement>} */
    this.chosen = new Set();
    this.bar = maybe(gallery, "[data-selection]");
    this.more = maybe(gallery, "[data-select-everything]");
    this.total = Number(this.more?.dataset.total ?? 0);
    this.totalIsMore = this.more?.dataset.totalIsMore !== undefined;
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("change", (event) => this.changed(event));
    list.addEventListener("tiles-added", () => this.everything && this.chooseEverything());
    this.more?.addEventListener("click", () => this.chooseEverything());
    this.bar?.addEventListener("click", (event) => {
      if (around(event, "[data-selection-clear]")) this.clear();
    });
  }

  /** All that are loaded, in the page or not. */
  tiles() {
    return this.shelf.all;
  }

  /** The selected ones, in their order. */
  selected() {
    return this.tiles().filter((tile) => this.chosen.has(tile));
  }

  ids() {
    return this.selected().map((tile) => tile.dataset.id ?? "");
  }

  /** Whether anything is selected. */
  get some() {
    return this.everything || this.chosen.size > 0;
  }

  /** @param {HTMLElement} tile @param {boolean} checked */
  set(tile, checked) {
    const box = boxOf(tile);
    if (!box) return;
    box.checked = checked;
    tile.classList.toggle("is-selected", checked);
    if (checked) this.chosen.add(tile);
    else this.chosen.delete(tile);
  }

  /** @param {HTMLElement} tile */
  toggle(tile) {
    this.set(tile, !this.chosen.has(tile));
    this.anchor = tile;
    this.choose();
  }

  /** @param {Event} event */
  changed(event) {
    const tile = around(event, ".tile");
    const box = tile && boxOf(tile);
    if (!box || box !== event.target) return;
    this.set(tile, box.checked);
    this.choose();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const tile = around(event, ".tile");
    const box = tile && boxOf(tile);
    if (!box) return;
    const onBox = event.target === box;
    if (!onBox && !event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    if (!onBox) event.preventDefault();
    if (event.shiftKey && this.anchored) this.range(this.anchored, tile);
    else this.set(tile, onBox ? box.checked : !this.chosen.has(tile));
    this.anchor = tile;
    this.choose();
  }

  /** The anchor, while it is in the gallery. */
  get anchored() {
    return this.anchor && this.shelf.has(this.anchor) ? this.anchor : null;
  }

  /** @param {HTMLElement} from @param {HTMLElement} to @param {boolean} [checked] */
  range(from, to, checked = true) {
    const [first, last] = [this.shelf.indexOf(from), this.shelf.indexOf(to)].sort((a, b) => a - b);
    for (const tile of this.tiles().slice(first, last + 1)) this.set(tile, checked);
  }

  /**
   * The range from the anchor grows or shrinks: it ends at `to` instead of `from`.
   * @param {HTMLElement} from
   * @param {HTMLElement} to
   */
  extend(from, to) {
    const anchor = this.anchored ?? from;
    this.anchor = anchor;
    this.range(anchor, from, false);
    this.range(anchor, to);
    this.choose();
  }

  all() {
    for (const tile of this.tiles()) this.set(tile, true);
    this.choose();
  }

  chooseEverything() {
    for (const tile of this.tiles()) this.set(tile, true);
    this.everything = true;
    this.tell();
  }

  choose() {
    this.everything = false;
    this.tell();
  }

  clear() {
    for (const tile of [...this.chosen]) this.set(tile, false);
    this.anchor = null;
    this.choose();
  }

  tell() {
    const ids = this.ids();
    this.gallery.classList.toggle("has-selection", ids.length > 0);
    if (this.bar) {
      this.bar.hidden = ids.length === 0;
      const more = this.everything && this.totalIsMore ? "More than " : "";
      one(this.bar, "[data-selection-count]").textContent =
        `${more}${formatInteger(this.everything ? this.total : ids.length)} selected`;
    }
    const all = !this.totalIsMore && ids.length >= this.total;
    if (this.more) this.more.hidden = this.everything || all;
    this.gallery.dispatchEvent(new CustomEvent("selection", { bubbles: true, detail: { ids } }));
  }
}
