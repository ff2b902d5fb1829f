// A gallery (components/gallery.html): endless scroll, size of the tiles, selection by click, range
// and keys, and the place one left. Dispatches `selection` {ids} on the element with data-gallery.

import { allWithin, whenAdded } from "./dom.js";
import { Pages } from "./gallery/pages.js";
import { Selection } from "./gallery/selection.js";
import { Tiles } from "./gallery/tiles.js";

const SIZE_KEY = "loupe-tile-size";
const MAX_RESTORED_PAGES = 40;
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

/** Arrows move, with Shift they select; x or Space selects, Ctrl+A what is loaded, Escape clears; Enter opens, as on any link. */
function keys(list, tiles, selection) {
  list.addEventListener("keydown", (event) => {
    const tile = tiles.focused(event.target);
    const everything = event.key === "a" && (event.ctrlKey || event.metaKey);
    if (!tile || event.altKey || ((event.ctrlKey || event.metaKey) && !everything)) return;
    const box = tile.querySelector(".tile-check");
    const { columns } = tiles.measure();
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
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
async function place(tiles, pages) {
  const key = `loupe-place:${location.pathname}${location.search}`;
  addEventListener("pagehide", () => {
    const top = tiles.onTop();
    if (scrollY > 200 && top)
      remember(sessionStorage, key, JSON.stringify({ pages: pages.loaded, id: top.dataset.id }));
    else sessionStorage.removeItem(key);
  });
  const left = JSON.parse(recall(sessionStorage, key) ?? "null");
  if (!left || performance.getEntriesByType("navigation")[0]?.type === "navigate") return;
  history.scrollRestoration = "manual";
  for (let page = 1; page < Math.min(left.pages, MAX_RESTORED_PAGES) && pages.end; page += 1)
    await pages.next();
  const tile = tiles.withId(left.id);
  if (tile) await putOnTop(tiles, tile);
}

/** What stands above the tiles may still be growing: a tile is in its place once it has stood still there. */
async function putOnTop(tiles, tile) {
  let [before, still] = [null, 0];
  for (let frame = 0; frame < MAX_FRAMES && still < STILL_FRAMES; frame += 1) {
    tiles.putOnTop(tile);
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
    size(gallery);
    gallery.tiles = new Tiles(list);
    gallery.selection = new Selection(gallery, list, gallery.tiles);
    keys(list, gallery.tiles, gallery.selection);
    place(gallery.tiles, new Pages(list, gallery.tiles));
  }
});
