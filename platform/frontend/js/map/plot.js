// The points of a map, drawn by regl-scatterplot: colours of a category, hidden categories, lasso,
// hover.

import { calm, DATA_INKS, ink } from "../charts/theme.js";

// Seven inks can be told apart with any colour vision; three more stand in for larger sets, then
// they repeat.
const INKS = [...DATA_INKS, "--lp-map-8", "--lp-map-9", "--lp-map-10"];
const NONE = "--lp-map-none";
const REACH = 32767;

const hex = (color) =>
  `#${color
    .match(/\d+/gu)
    .slice(0, 3)
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("")}`;

/** The ink of a category as a CSS variable's name; the last of `count` stands for "none". */
export const inkOf = (index, count) => (index === count - 1 ? NONE : INKS[index % INKS.length]);

/** Small sets get points one can hit, large ones points that leave room. */
const sizeFor = (count) =>
  Math.max(2, Math.min(9, Math.round(9 - 1.5 * Math.log10(Math.max(count, 10)))));

const AIR = 0.04;

/** The rectangle around all points, with some air. */
function boxOf(across, up) {
  const [left, right, low, high] = [
    across.reduce((a, b) => Math.min(a, b)),
    across.reduce((a, b) => Math.max(a, b)),
    up.reduce((a, b) => Math.min(a, b)),
    up.reduce((a, b) => Math.max(a, b)),
  ];
  return {
    x: left - AIR,
    y: low - AIR,
    width: right - left + 2 * AIR,
    height: high - low + 2 * AIR,
  };
}

/**
 * @param {HTMLCanvasElement} canvas @param {number[]} x @param {number[]} y
 * @returns {Promise<object>} `colour(categories, count)`, `show(indices or null)`, `mouse(mode)`, `clear()`, `reset()`,
 *   `place(index)`; the canvas dispatches `points:selected` {indices} and `points:over` {index or null}
 * @throws when the browser has no WebGL
 */
export async function plot(canvas, x, y) {
  if (!document.createElement("canvas").getContext("webgl")) throw new Error("no WebGL");
  const { default: create } = await import("../../vendor/regl-scatterplot.js");
  const across = x.map((value) => value / REACH);
  const up = y.map((value) => value / REACH);
  const scatter = create({
    canvas,
    width: "auto",
    height: "auto",
    pointSize: sizeFor(x.length),
    pointSizeSelected: 1,
    pointOutlineWidth: 0,
    opacity: 0.85,
    opacityInactiveScale: 0.3,
    colorBy: "valueA",
    // Its long press shows itself by a style element, which the policy refuses.
    lassoOnLongPress: false,
    lassoInitiator: false,
    lassoMinDelay: 0,
    showReticle: false,
  });
  const tell = (name, detail) =>
    canvas.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  scatter.subscribe("select", ({ points }) => tell("points:selected", { indices: [...points] }));
  scatter.subscribe("deselect", () => tell("points:selected", { indices: [] }));
  scatter.subscribe("pointover", (index) => tell("points:over", { index }));
  scatter.subscribe("pointout", () => tell("points:over", { index: null }));

  let shown = null;
  const inks = (count) =>
    Array.from({ length: count }, (_, index) => hex(ink(inkOf(index, count))));
  const ground = () =>
    scatter.set({
      backgroundColor: hex(ink("--lp-surface")),
      lassoColor: hex(ink("--lp-accent")),
      pointColorActive: hex(ink("--lp-ink")),
      pointColorHover: hex(ink("--lp-ink")),
    });

  // The whole map with some air, whatever the shape of the stage.
  const fit = (transition) =>
    scatter.zoomToArea(boxOf(across, up), { transition, transitionDuration: 250 });
  let fitted = false;

  return {
    async colour(categories, count) {
      ground();
      scatter.set({ pointColor: inks(count) });
      // The z of a column-wise draw is "valueA".
      await scatter.draw(
        { x: across, y: up, z: categories },
        { zDataType: "categorical", ...(shown ? { filter: shown } : {}) },
      );
      if (!fitted) await fit(false);
      fitted = true;
    },
    async show(indices) {
      shown = indices;
      await (indices ? scatter.filter(indices) : scatter.unfilter());
    },
    mouse: (mouseMode) => scatter.set({ mouseMode }),
    clear: () => scatter.deselect({ preventEvent: true }),
    reset: (transition = !calm()) => fit(transition),
    place: (index) => scatter.getScreenPosition(index),
    destroy: () => scatter.destroy(),
  };
}
