// Which tiles are selected: by their boxes, by ranges, all. Tiles that are not in the page now keep
// their choice.

import { formatInteger } from "../format.js";

/** `everything`: all that match, those too that are not loaded. Any other choice ends that. */
export class Selection {
  /** @param {Element} gallery @param {HTMLElement} list @param {import("./tiles.js").Tiles} shelf */
  constructor(gallery, list, shelf) {
    Object.assign(this, { gallery, list, shelf, anchor: null, everything: false });
    this.chosen = new Set();
    this.bar = gallery.querySelector("[data-selection]");
    this.more = gallery.querySelector("[data-select-everything]");
    this.total = Number(this.more?.dataset.total ?? 0);
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("change", (event) => this.changed(event.target));
    list.addEventListener("tiles-added", () => this.everything && this.chooseEverything());
    this.more?.addEventListener("click", () => this.chooseEverything());
    this.bar?.addEventListener(
      "click",
      (event) => event.target.closest("[data-selection-clear]") && this.clear(),
    );
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
    return this.selected().map((tile) => tile.dataset.id);
  }

  /** Whether anything is selected. */
  get some() {
    return this.everything || this.chosen.size > 0;
  }

  set(tile, checked) {
    const box = tile.querySelector(".tile-check");
    if (!box) return;
    box.checked = checked;
    tile.classList.toggle("is-selected", checked);
    if (checked) this.chosen.add(tile);
    else this.chosen.delete(tile);
  }

  toggle(tile) {
    this.set(tile, !this.chosen.has(tile));
    this.anchor = tile;
    this.choose();
  }

  changed(box) {
    const tile = box.closest(".tile");
    if (!tile || !box.matches(".tile-check")) return;
    this.set(tile, box.checked);
    this.choose();
  }

  click(event) {
    const tile = event.target.closest(".tile");
    const box = tile?.querySelector(".tile-check");
    if (!box) return;
    const onBox = event.target === box;
    if (!onBox && !event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    if (!onBox) event.preventDefault();
    if (event.shiftKey && this.anchored) this.range(this.anchor, tile);
    else this.set(tile, onBox ? box.checked : !this.chosen.has(tile));
    this.anchor = tile;
    this.choose();
  }

  get anchored() {
    return this.anchor !== null && this.shelf.has(this.anchor);
  }

  range(from, to, checked = true) {
    const [first, last] = [this.shelf.indexOf(from), this.shelf.indexOf(to)].sort((a, b) => a - b);
    for (const tile of this.tiles().slice(first, last + 1)) this.set(tile, checked);
  }

  /** The range from the anchor grows or shrinks: it ends at `to` instead of `from`. */
  extend(from, to) {
    if (!this.anchored) this.anchor = from;
    this.range(this.anchor, from, false);
    this.range(this.anchor, to);
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
      this.bar.querySelector("[data-selection-count]").textContent =
        `${formatInteger(this.everything ? this.total : ids.length)} selected`;
    }
    if (this.more) this.more.hidden = this.everything || ids.length >= this.total;
    this.gallery.dispatchEvent(new CustomEvent("selection", { bubbles: true, detail: { ids } }));
  }
}
