// Tiles come in pages: the last item of the list holds the next page's address.

import { around, maybe } from "../dom.js";

/** @import { Tiles } from "./tiles.js" */

export class Pages {
  /** @param {HTMLElement} list @param {Tiles} tiles */
  constructor(list, tiles) {
    this.list = list;
    this.tiles = tiles;
    this.loaded = 1;
    /** @type {Promise<void> | null} */
    this.pending = null;
    list.addEventListener("click", (event) => {
      if (!around(event, ".gallery-end a")) return;
      event.preventDefault();
      this.next();
    });
    this.observer = new IntersectionObserver(
      (seen) => seen.some((item) => item.isIntersecting) && this.next(),
      { rootMargin: "1600px 0px" },
    );
    this.watch();
  }

  get end() {
    return maybe(this.list, ".gallery-end[data-next]");
  }

  watch() {
    this.observer.disconnect();
    if (this.end) this.observer.observe(this.end);
  }

  /** @returns {Promise<void>} the page under way, or the next one */
  next() {
    this.pending ??= this.load().finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  async load() {
    const { end } = this;
    if (!end?.dataset.next) return;
    this.observer.disconnect();
    await window.htmx
      .ajax("get", end.dataset.next, { source: end, target: end, swap: "outerHTML" })
      .catch(() => {});
    if (this.end === end) return; // It failed, and a toast says so: "Load more" tries again.
    this.loaded += 1;
    this.tiles.absorb();
    this.list.dispatchEvent(new CustomEvent("tiles-added"));
    this.watch();
  }
}
