// A gallery (components/gallery.html): endless scroll, size of the tiles, selection by click, range and keys,
// and the place one left. Dispatches `selection` {ids} on the element with data-gallery.

import { allWithin, whenAdded } from "./dom.js";
import { formatInteger } from "./format.js";

const SIZE_KEY = "loupe-tile-size";
const MAX_RESTORED_PAGES = 40;
const HEADER_PIXELS = 60;
const SMALL_PIXELS = 112;
const [STILL_FRAMES, MAX_FRAMES] = [6, 60];

function remember(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
}

function recall(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

/** Tiles come in pages: the last item of the list holds the next page's address. */
class Pages {
  constructor(list) {
    this.list = list;
    this.loaded = 1;
    this.pending = null;
    list.addEventListener("click", (event) => {
      if (!event.target.closest(".gallery-end a")) return;
      event.preventDefault();
      this.next();
    });
    this.observer = new IntersectionObserver((seen) => seen.some((item) => item.isIntersecting) && this.next(), { rootMargin: "1600px 0px" });
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
    await window.htmx.ajax("GET", end.dataset.next, { source: end, target: end, swap: "outerHTML" }).catch(() => {});
    if (this.end === end) return; // It failed, and a toast says so: "Load more" tries again.
    this.loaded += 1;
    this.list.dispatchEvent(new CustomEvent("tiles-added"));
    this.watch();
  }
}

/** `everything`: all that match, those too that are not loaded. Any other choice ends that. */
class Selection {
  constructor(gallery, list) {
    Object.assign(this, { gallery, list, anchor: null, everything: false });
    this.bar = gallery.querySelector("[data-selection]");
    this.more = gallery.querySelector("[data-select-everything]");
    this.total = Number(this.more?.dataset.total ?? 0);
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("change", () => this.choose());
    list.addEventListener("tiles-added", () => this.everything && this.chooseEverything());
    this.more?.addEventListener("click", () => this.chooseEverything());
    this.bar?.addEventListener("click", (event) => event.target.closest("[data-selection-clear]") && this.clear());
  }

  tiles() {
    return [...this.list.querySelectorAll(".tile")];
  }

  ids() {
    return this.tiles().filter((tile) => tile.querySelector(".tile-check")?.checked).map((tile) => tile.dataset.id);
  }

  /** Whether anything is selected. */
  get some() {
    return this.everything || this.list.querySelector(".tile-check:checked") !== null;
  }

  set(tile, checked) {
    const box = tile.querySelector(".tile-check");
    if (box) box.checked = checked;
  }

  click(event) {
    const tile = event.target.closest(".tile");
    const box = tile?.querySelector(".tile-check");
    if (!box) return;
    const onBox = event.target === box;
    if (!onBox && !event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    if (!onBox) event.preventDefault();
    if (event.shiftKey && this.anchor?.isConnected) this.range(this.anchor, tile);
    else if (!onBox) box.checked = !box.checked;
    this.anchor = tile;
    this.choose();
  }

  range(from, to, checked = true) {
    const tiles = this.tiles();
    const [first, last] = [tiles.indexOf(from), tiles.indexOf(to)].sort((a, b) => a - b);
    for (const tile of tiles.slice(first, last + 1)) this.set(tile, checked);
  }

  /** The range from the anchor grows or shrinks: it ends at `to` instead of `from`. */
  extend(from, to) {
    if (!this.anchor?.isConnected) this.anchor = from;
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
    for (const tile of this.tiles()) this.set(tile, false);
    this.anchor = null;
    this.choose();
  }

  tell() {
    const ids = this.ids();
    for (const tile of this.tiles()) tile.classList.toggle("is-selected", Boolean(tile.querySelector(".tile-check")?.checked));
    this.gallery.classList.toggle("has-selection", ids.length > 0);
    if (this.bar) {
      this.bar.hidden = ids.length === 0;
      this.bar.querySelector("[data-selection-count]").textContent = `${formatInteger(this.everything ? this.total : ids.length)} selected`;
    }
    if (this.more) this.more.hidden = this.everything || ids.length >= this.total;
    this.gallery.dispatchEvent(new CustomEvent("selection", { bubbles: true, detail: { ids } }));
  }
}

/** Arrows move, with Shift they select; x or Space selects, Ctrl+A what is loaded, Escape clears; Enter opens, as on any link. */
function keys(list, selection) {
  list.addEventListener("keydown", (event) => {
    const tile = event.target.closest(".tile");
    const all = event.key === "a" && (event.ctrlKey || event.metaKey);
    if (!tile || event.altKey || ((event.ctrlKey || event.metaKey) && !all)) return;
    const box = tile.querySelector(".tile-check");
    const tiles = selection.tiles();
    const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step) {
      const target = tiles[tiles.indexOf(tile) + step];
      if (!target) return;
      if (event.shiftKey && box) selection.extend(tile, target);
      else selection.anchor = target;
      target.querySelector(".tile-image").focus();
    } else if (box && (event.key === "x" || (event.key === " " && event.target !== box))) {
      box.checked = !box.checked;
      selection.anchor = tile;
      selection.choose();
    } else if (all) selection.all();
    else if (event.key === "Escape") selection.clear();
    else return;
    event.preventDefault();
  });
}

/** What is remembered was set by before-paint.js already, so that the tiles do not move. */
function size(gallery) {
  const slider = gallery.querySelector("[data-gallery-size]");
  if (!slider) return;
  const set = (pixels) => {
    document.documentElement.style.setProperty("--tile", `${pixels}px`);
    document.documentElement.toggleAttribute("data-small-tiles", pixels < SMALL_PIXELS);
  };
  slider.value = recall(localStorage, SIZE_KEY) ?? slider.value;
  set(slider.value);
  slider.addEventListener("input", () => {
    set(slider.value);
    remember(localStorage, SIZE_KEY, slider.value);
  });
}

/** Coming back, as many pages are loaded again as were there, and the tile that stood on top stands there again. */
async function place(list, pages) {
  const key = `loupe-place:${location.pathname}${location.search}`;
  addEventListener("pagehide", () => {
    const top = [...list.querySelectorAll(".tile")].find((tile) => tile.getBoundingClientRect().top > HEADER_PIXELS);
    if (scrollY > 200 && top) remember(sessionStorage, key, JSON.stringify({ pages: pages.loaded, id: top.dataset.id }));
    else sessionStorage.removeItem(key);
  });
  const left = JSON.parse(recall(sessionStorage, key) ?? "null");
  if (!left || performance.getEntriesByType("navigation")[0]?.type === "navigate") return;
  history.scrollRestoration = "manual";
  for (let page = 1; page < Math.min(left.pages, MAX_RESTORED_PAGES) && pages.end; page += 1) await pages.next();
  const tile = list.querySelector(`.tile[data-id="${CSS.escape(left.id)}"]`);
  if (tile) await putOnTop(tile);
}

/** Tiles out of sight have estimated heights: where a tile stands is known only once those around it are drawn. */
async function putOnTop(tile) {
  let [before, still] = [null, 0];
  for (let frame = 0; frame < MAX_FRAMES && still < STILL_FRAMES; frame += 1) {
    tile.scrollIntoView({ block: "start", behavior: "instant" });
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const { top } = tile.getBoundingClientRect();
    still = top === before ? still + 1 : 0;
    before = top;
  }
}

whenAdded((root) => {
  for (const gallery of allWithin(root, "[data-gallery]")) {
    const list = gallery.querySelector(".gallery");
    if (gallery.selection || !list) continue;
    const pages = new Pages(list);
    gallery.selection = new Selection(gallery, list);
    keys(list, gallery.selection);
    size(gallery);
    place(list, pages);
  }
});
