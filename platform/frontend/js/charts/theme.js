// Inks and type of the charts, read from the CSS variables of the page, light or dark.

import { el } from "../dom.js";

const probe = el("span", { hidden: true });

/**
 * @import { DefaultLabelFormatterCallbackParams, TooltipComponentFormatterCallbackParams }
 *   from "echarts"
 * @typedef {DefaultLabelFormatterCallbackParams} Point what ECharts says of one, to formatters
 */

/**
 * @param {string} name of a CSS colour variable, "--lp-data-1"
 * @returns {string} "rgb(…)" as the theme has it now
 */
export function ink(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** @param {string} color "rgb(r, g, b)" @returns {number[]} its parts, 0 to 255 */
const partsOf = (color) => (color.match(/[\d.]+/gu) ?? []).slice(0, 3).map(Number);

/**
 * The colour between two "rgb(r, g, b)" colours.
 * @param {string} from
 * @param {string} to
 * @param {number} share 0 is the first
 */
export function mix(from, to, share) {
  const [a, b] = [partsOf(from), partsOf(to)];
  const mixed = a.map((value, index) => Math.round(value + (b[index] - value) * share));
  return `rgb(${mixed.join(", ")})`;
}

/** An "rgb(r, g, b)" colour as "#rrggbb". @param {string} color */
export const hex = (color) =>
  `#${partsOf(color)
    .map((part) => Math.trunc(part).toString(16).padStart(2, "0"))
    .join("")}`;

/** Black or white, whichever reads better. @param {string} ground "rgb(r, g, b)" */
export function textOn(ground) {
  const [r, g, b] = partsOf(ground).map((value) => (value / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#10181a" : "#ffffff";
}

export const DATA_INKS = [1, 2, 3, 4, 5, 6, 7].map((number) => `--lp-data-${number}`);
export const FONT = '"Inter Variable", system-ui, sans-serif';
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The frame of a chart: as much room around it as its labels need. */
export const grid = /** @type {const} */ ({
  left: 4,
  bottom: 4,
  outerBoundsMode: "same",
  outerBoundsContain: "all",
});

/**
 * An axis of hairlines: no ticks, quiet labels, the name at its end.
 * @template {{type: string, axisLabel?: object}} Options of ECharts
 * @param {Options} options
 * @param {{plain?: boolean}} [how] plain: without lines across
 */
export function axis({ axisLabel, ...options }, { plain = false } = {}) {
  const quiet = ink("--lp-ink-2");
  return {
    axisLine: { lineStyle: { color: ink("--lp-line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: quiet, fontSize: 11, fontFamily: FONT, ...axisLabel },
    splitLine: {
      show: options.type === "value" && !plain,
      lineStyle: { color: ink("--lp-line") },
    },
    nameTextStyle: { color: quiet, fontSize: 12, fontFamily: FONT },
    ...options,
  };
}

/** A share at an axis: 0.925 → "92.5 %". @param {number} value */
export const sayShare = (value) => `${Math.round(value * 1000) / 10} %`;

/** The axis of shares up the side, accuracy among them. */
export const shareAxis = () =>
  axis({
    type: "value",
    scale: true,
    axisLine: { show: false },
    axisLabel: { formatter: sayShare },
  });

/** @param {{value?: unknown}} point @returns {number[]} what `data` holds of it */
export const numbersOf = ({ value }) => (Array.isArray(value) ? value.map(Number) : []);

/**
 * A tooltip whose content is built of elements: a strict style policy allows no inline style in
 * strings.
 * @param {(points: Point[]) => HTMLElement} content of the points under the pointer
 * @param {object} [options] of ECharts
 */
export function tooltip(content, options = {}) {
  return {
    confine: true,
    backgroundColor: ink("--lp-surface"),
    borderColor: ink("--lp-line-strong"),
    padding: [6, 10],
    textStyle: { color: ink("--lp-ink"), fontSize: 12, fontFamily: FONT },
    transitionDuration: 0,
    /** @param {TooltipComponentFormatterCallbackParams} params */
    formatter: (params) => content(Array.isArray(params) ? params : [params]),
    ...options,
  };
}

/** @param {string} heading @param {{name: string, value: string, color?: string}[]} rows */
export function tip(heading, rows) {
  const lines = rows.map(({ name, value, color }) => {
    const mark = el("span", { class: "chart-tip-ink" });
    if (color) mark.style.background = color;
    return el(
      "div",
      { class: "chart-tip-row" },
      ...(color ? [mark] : []),
      el("span", { text: name }),
      el("b", { text: value }),
    );
  });
  return el("div", { class: "chart-tip" }, el("strong", { text: heading }), ...lines);
}
