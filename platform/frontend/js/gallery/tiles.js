// The tiles of a gallery: all that were loaded, in their order, of which only those around the
// screen are in the page. Every row is equally high (square pictures, one line of caption), so what
// is not there is a gap of known height.

import { allWithin, around, one } from "../dom.js";

const MOST_IN_PAGE = 400;
const HEADER_PIXELS = 60;

export class Tiles {
  /** @param {HTMLElement} list the grid; its tiles come from the server, page after page */
  constructor(list) {
    this.list = list;
    /** @type {HTMLElement[]} */
    this.all = [];
    /** @type {WeakMap<HTMLElement, number>} */
    this.orders = new WeakMap();
    this.seen = 0;
    /** @type {Map<HTMLElement, number> | null} */
    this.places = null;
    /** @type {Set<HTMLElement>} */
    this.inPage = new Set();
    /** @type {HTMLElement | null} the tile that had the keyboard when it was scrolled away */
    this.resting = null;
    // Of the tiles in the page, and of the rows as they were drawn last.
    this.first = 0;
    this.last = 0;
    this.columns = 0;
    this.row = 0;
    this.leading = 0;
    /** @type {number | null} */
    this.frame = null;
    this.above = list.insertBefore(gap(), list.firstChild);
    this.below = gap();
    this.absorb();
    const soon = () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.draw();
      });
    };
    addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(() => this.resized()).observe(list);
  }

  /** Takes in the tiles that have come into the list since. */
  absorb() {
    const fresh = allWithin(this.list, ".tile").filter((tile) => !this.inPage.has(tile));
    this.all.push(...fresh);
    for (const tile of fresh) {
      this.inPage.add(tile);
      this.seen += 1;
      this.orders.set(tile, this.seen);
    }
    this.places = null;
    this.list.insertBefore(this.below, this.list.querySelector(".gallery-end"));
    this.draw();
  }

  /** @param {HTMLElement} tile @returns {number} the tile's place among all, -1 for none */
  indexOf(tile) {
    this.places ??= new Map(this.all.map((one, index) => [one, index]));
    return this.places.get(tile) ?? -1;
  }

  /** @param {HTMLElement} tile */
  has(tile) {
    return this.indexOf(tile) >= 0;
  }

  /** @param {string} id of an image */
  withId(id) {
    return this.all.find((tile) => tile.dataset.id === id);
  }

  /** @param {HTMLElement[]} tiles @returns {() => void} puts them back where they were */
  remove(tiles) {
    const gone = new Set(tiles);
    this.replace(this.all.filter((tile) => !gone.has(tile)));
    /** @param {HTMLElement} tile */
    const order = (tile) => this.orders.get(tile) ?? 0;
    return () => this.replace([...this.all, ...tiles].sort((a, b) => order(a) - order(b)));
  }

  /** @param {HTMLElement[]} all */
  replace(all) {
    this.all = all;
    this.places = null;
    this.draw();
  }

  /**
   * Puts the keyboard on a tile, which comes into the page and into sight first.
   * @param {HTMLElement} tile
   * @param {FocusOptions} [options]
   */
  focus(tile, options) {
    if (!tile.isConnected) this.putOnTop(tile);
    one(tile, ".tile-image").focus(options);
  }

  /**
   * The tile that has the keyboard, also one that was scrolled away with it.
   * @param {Event} event
   * @returns {HTMLElement | null}
   */
  focused(event) {
    return event.target === this.list ? this.resting : around(event, ".tile");
  }

  /** The first tile in sight below the page's header. */
  onTop() {
    return this.all
      .slice(this.first, this.last)
      .find((tile) => tile.getBoundingClientRect().top > HEADER_PIXELS);
  }

  /** @param {HTMLElement} tile */
  putOnTop(tile) {
    const { columns, row } = this.measure();
    const top = this.list.getBoundingClientRect().top + scrollY;
    scrollTo({
      top: top + Math.floor(this.indexOf(tile) / columns) * row - HEADER_PIXELS - 12,
      behavior: "instant",
    });
    this.draw();
  }

  /** Columns, and the pixels from one row to the next, as they are drawn now. */
  measure() {
    const style = getComputedStyle(this.list);
    const columns = style.gridTemplateColumns.split(" ").length;
    const [tile] = this.inPage;
    return {
      columns,
      row: tile ? tile.getBoundingClientRect().height + parseFloat(style.rowGap) : 0,
    };
  }

  /** Other columns after a change of size: the tile that stood on top stands there again. */
  resized() {
    const { columns, row } = this.measure();
    const moved = this.columns > 0 && (columns !== this.columns || row !== this.row);
    const top =
      moved && this.list.getBoundingClientRect().top < 0
        ? this.all[this.leading * this.columns]
        : null;
    this.draw();
    if (top) this.putOnTop(top);
  }

  draw() {
    const { columns, row } = this.measure();
    if (!row) return this.show(0, Math.min(this.all.length, MOST_IN_PAGE));
    const rows = Math.ceil(this.all.length / columns);
    const inSight = Math.ceil(innerHeight / row) + 1;
    const spare = Math.max(
      Math.ceil(inSight / 2),
      Math.floor((MOST_IN_PAGE / columns - inSight) / 2),
    );
    const { top } = this.list.getBoundingClientRect();
    const topRow = Math.max(0, Math.floor(-top / row));
    const last = Math.min(rows, Math.max(topRow + inSight + spare, inSight + 2 * spare));
    const first = Math.max(0, Math.min(topRow - spare, last - inSight - 2 * spare));
    this.columns = columns;
    this.row = row;
    this.leading = Math.max(0, Math.ceil((HEADER_PIXELS - top) / row));
    this.show(first * columns, Math.min(this.all.length, last * columns));
    stretch(this.above, first * row, this.list);
    stretch(this.below, (rows - last) * row, this.list);
  }

  /**
   * Only tiles `first` to `last` (exclusive) are in the page, in their order.
   * @param {number} first
   * @param {number} last
   */
  show(first, last) {
    this.first = first;
    this.last = last;
    const wanted = new Set(this.all.slice(first, last));
    for (const tile of this.inPage) if (!wanted.has(tile)) this.takeOut(tile);
    /** @type {HTMLElement} */
    let next = this.below;
    for (const tile of [...wanted].reverse()) {
      if (tile.nextElementSibling !== next) this.list.insertBefore(tile, next);
      next = tile;
    }
    this.inPage = wanted;
  }

  /** @param {HTMLElement} tile */
  takeOut(tile) {
    if (tile.contains(document.activeElement) && this.has(tile)) {
      this.resting = tile;
      this.list.tabIndex = -1;
      this.list.focus({ preventScroll: true });
    }
    tile.remove();
  }
}

function gap() {
  const item = document.createElement("li");
  item.className = "gallery-gap";
  item.setAttribute("aria-hidden", "true");
  item.hidden = true;
  return item;
}

/** @param {HTMLElement} item @param {number} pixels @param {HTMLElement} list */
function stretch(item, pixels, list) {
  item.hidden = pixels <= 0;
  if (pixels > 0) item.style.height = `${pixels - parseFloat(getComputedStyle(list).rowGap)}px`;
}
