// Tiles come in pages: the last item of the list holds the next page's address.

export class Pages {
  /** @param {HTMLElement} list @param {import("./tiles.js").Tiles} tiles */
  constructor(list, tiles) {
    Object.assign(this, { list, tiles, loaded: 1, pending: null });
    list.addEventListener("click", (event) => {
      if (!event.target.closest(".gallery-end a")) return;
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
    return this.list.querySelector(".gallery-end[data-next]");
  }

  watch() {
    this.observer.disconnect();
    if (this.end) this.observer.observe(this.end);
  }

  /** @returns {Promise<void>} the page under way, or the next one */
  next() {
    this.pending ??= this.load().finally(() => (this.pending = null));
    return this.pending;
  }

  async load() {
    const { end } = this;
    if (!end) return;
    this.observer.disconnect();
    await window.htmx
      .ajax("GET", end.dataset.next, { source: end, target: end, swap: "outerHTML" })
      .catch(() => {});
    if (this.end === end) return; // It failed, and a toast says so: "Load more" tries again.
    this.loaded += 1;
    this.tiles.absorb();
    this.list.dispatchEvent(new CustomEvent("tiles-added"));
    this.watch();
  }
}
