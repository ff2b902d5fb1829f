// A gallery (components/gallery.html): endless scroll, size of the tiles, selection by click, range
// and keys, and the place one left. Dispatches `selection` {ids} on the element with data-gallery.

import { allWithin, isModified, maybe, whenAdded } from "./dom.js";
import { Pages } from "./gallery/pages.js";
import { Selection } from "./gallery/selection.js";
import { Tiles } from "./gallery/tiles.js";

const SIZE_KEY = "loupe-tile-size";
const MAX_RESTORED_PAGES = 40;
const SMALL_PIXELS = 112;
const [STILL_FRAMES, MAX_FRAMES] = [6, 60];

/** @param {Storage} storage @param {string} key @param {string} value */
function remember(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
}

/** @param {Storage} storage @param {string} key */
function recall(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * Arrows move, with Shift they select; x or Space selects, Ctrl+A what is loaded, Escape clears;
 * Enter opens, as on any link.
 * @param {HTMLElement} list
 * @param {Tiles} tiles
 * @param {Selection} selection
 */
function keys(list, tiles, selection) {
  list.addEventListener("keydown", (event) => {
    const tile = tiles.focused(event);
    const everything = event.key === "a" && (event.ctrlKey || event.metaKey);
    if (!tile || event.altKey || (isModified(event) && !everything)) return;
    const box = tile.querySelector(".tile-check");
    const { columns } = tiles.measure();
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (step) {
      const target = tiles.all[tiles.indexOf(tile) + step];
      if (!target) return;
      if (event.shiftKey && box) selection.extend(tile, target);
      else selection.anchor = target;
      tiles.focus(target);
    } else if (box && (event.key === "x" || (event.key === " " && event.target !== box)))
      selection.toggle(tile);
    else if (everything) selection.all();
    else if (event.key === "Escape") selection.clear();
    else return;
    event.preventDefault();
  });
}

/**
 * What is remembered was set by before-paint.js already, so that the tiles do not move.
 * @param {HTMLElement} gallery
 */
function size(gallery) {
  const slider = maybe(gallery, "[data-gallery-size]", HTMLInputElement);
  if (!slider) return;
  const set = () => {
    const pixels = slider.valueAsNumber;
    document.documentElement.style.setProperty("--tile", `${pixels}px`);
    document.documentElement.toggleAttribute("data-small-tiles", pixels < SMALL_PIXELS);
  };
  slider.value = recall(localStorage, SIZE_KEY) ?? slider.value;
  set();
  slider.addEventListener("input", () => {
    set();
    remember(localStorage, SIZE_KEY, slider.value);
  });
}

/**
 * Coming back, as many pages are loaded again as were there, and the tile that stood on top stands
 * there again.
 * @param {Tiles} tiles
 * @param {Pages} pages
 */
async function place(tiles, pages) {
  const key = `loupe-place:${location.pathname}${location.search}`;
  addEventListener("pagehide", () => {
    const top = tiles.onTop();
    if (scrollY > 200 && top)
      remember(sessionStorage, key, JSON.stringify({ pages: pages.loaded, id: top.dataset.id }));
    else sessionStorage.removeItem(key);
  });
  const left = JSON.parse(recall(sessionStorage, key) ?? "null");
  const [came] = performance.getEntriesByType("navigation");
  const isNew = came instanceof PerformanceNavigationTiming && came.type === "navigate";
  if (!left || isNew) return;
  history.scrollRestoration = "manual";
  for (let page = 1; page < Math.min(left.pages, MAX_RESTORED_PAGES) && pages.end; page += 1)
    await pages.next();
  const tile = tiles.withId(left.id);
  if (tile) await putOnTop(tiles, tile);
}

/**
 * What stands above the tiles may still be growing: a tile is in its place once it has stood still
 * there.
 * @param {Tiles} tiles
 * @param {HTMLElement} tile
 */
async function putOnTop(tiles, tile) {
  let before = Number.NaN;
  let still = 0;
  for (let frame = 0; frame < MAX_FRAMES && still < STILL_FRAMES; frame += 1) {
    tiles.putOnTop(tile);
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const { top } = tile.getBoundingClientRect();
    still = top === before ? still + 1 : 0;
    before = top;
  }
}

whenAdded((root) => {
  for (const element of allWithin(root, "[data-gallery]")) {
    const list = maybe(element, ".gallery");
    if ("selection" in element || !list) continue;
    size(element);
    const tiles = new Tiles(list);
    const selection = new Selection(element, list, tiles);
    Object.assign(element, { tiles, selection });
    keys(list, tiles, selection);
    place(tiles, new Pages(list, tiles));
  }
});
