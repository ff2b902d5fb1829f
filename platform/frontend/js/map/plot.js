// The points of a map, drawn by regl-scatterplot: colours of a category, hidden categories, lasso,
// hover.

import { calm, DATA_INKS, hex, ink } from "../charts/theme.js";

/** @import { default as createScatterplot } from "regl-scatterplot" */

// Seven inks can be told apart with any colour vision; three more stand in for larger sets, then
// they repeat.
const INKS = [...DATA_INKS, "--lp-map-8", "--lp-map-9", "--lp-map-10"];
const NONE = "--lp-map-none";
const REACH = 32767;

/**
 * The ink of a category as a CSS variable's name.
 * @param {number} index
 * @param {number} count of categories; the last one stands for "none"
 */
export const inkOf = (index, count) => (index === count - 1 ? NONE : INKS[index % INKS.length]);

/** Small sets get points one can hit, large ones points that leave room. @param {number} count */
const sizeFor = (count) =>
  Math.max(2, Math.min(9, Math.round(9 - 1.5 * Math.log10(Math.max(count, 10)))));

const AIR = 0.04;

/** The rectangle around all points, with some air. @param {number[]} across @param {number[]} up */
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

/** The drawn points; made by `plot`. */
export class Plot {
  /** @type {number[] | null} positions of those that are shown; null: all */
  shown = null;
  fitted = false;

  /**
   * @param {ReturnType<typeof createScatterplot>} scatter
   * @param {number[]} across -1 to 1
   * @param {number[]} up
   */
  constructor(scatter, across, up) {
    this.scatter = scatter;
    this.across = across;
    this.up = up;
  }

  /** @param {number[]} categories of the points, by number @param {number} count of categories */
  async colour(categories, count) {
    const inks = Array.from({ length: count }, (_, index) => hex(ink(inkOf(index, count))));
    this.scatter.set({
      backgroundColor: hex(ink("--lp-surface")),
      lassoColor: hex(ink("--lp-accent")),
      pointColorActive: hex(ink("--lp-ink")),
      pointColorHover: hex(ink("--lp-ink")),
      pointColor: inks,
    });
    // The z of a column-wise draw is "valueA".
    await this.scatter.draw(
      { x: this.across, y: this.up, z: categories },
      { zDataType: "categorical", ...(this.shown ? { filter: this.shown } : {}) },
    );
    if (!this.fitted) await this.reset(false);
    this.fitted = true;
  }

  /** @param {number[] | null} indices positions; null: all */
  async show(indices) {
    this.shown = indices;
    await (indices ? this.scatter.filter(indices, {}) : this.scatter.unfilter());
  }

  /** @param {"panZoom" | "lasso"} mouseMode what dragging does */
  mouse(mouseMode) {
    this.scatter.set({ mouseMode });
  }

  clear() {
    this.scatter.deselect({ preventEvent: true });
  }

  /** The whole map with some air, whatever the shape of the stage. */
  reset(transition = !calm()) {
    const box = boxOf(this.across, this.up);
    return this.scatter.zoomToArea(box, { transition, transitionDuration: 250 });
  }

  /** Where a point is on the canvas, in pixels. @param {number} index */
  place(index) {
    return this.scatter.getScreenPosition(index);
  }

  destroy() {
    this.scatter.destroy();
  }
}

/**
 * Draws points on a canvas, which dispatches `points:selected` {indices} and `points:over` {index
 * or null}.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} x -32767 to 32767
 * @param {number[]} y
 * @returns {Promise<Plot>}
 * @throws when the browser has no WebGL
 */
export async function plot(canvas, x, y) {
  if (!document.createElement("canvas").getContext("webgl")) throw new Error("no WebGL");
  const { default: create } = await import("../../vendor/regl-scatterplot.js");
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
  /** @param {string} name @param {object} detail */
  const tell = (name, detail) =>
    canvas.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  scatter.subscribe("select", ({ points }) => tell("points:selected", { indices: [...points] }));
  scatter.subscribe("deselect", () => tell("points:selected", { indices: [] }));
  scatter.subscribe("pointOver", (index) => tell("points:over", { index }));
  scatter.subscribe("pointOut", () => tell("points:over", { index: null }));
  return new Plot(
    scatter,
    x.map((value) => value / REACH),
    y.map((value) => value / REACH),
  );
}
