// Inks and type of the charts, read from the CSS variables of the page, light or dark.

import { el } from "../dom.js";

const probe = el("span", { hidden: true });

/** @param {string} name of a CSS colour variable, "--lp-data-1" @returns {string} "rgb(…)" as the theme has it now */
export function ink(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** The colour between two "rgb(r, g, b)" colours; share 0 is the first. */
export function mix(from, to, share) {
  const parts = (color) =>
    color
      .match(/[\d.]+/gu)
      .slice(0, 3)
      .map(Number);
  const [a, b] = [parts(from), parts(to)];
  return `rgb(${a.map((value, index) => Math.round(value + (b[index] - value) * share)).join(", ")})`;
}

/** Black or white, whichever reads better on an "rgb(…)" ground. */
export function textOn(ground) {
  const [r, g, b] = ground.match(/[\d.]+/gu).map((value) => (value / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#10181a" : "#ffffff";
}

export const DATA_INKS = [1, 2, 3, 4, 5, 6, 7].map((number) => `--lp-data-${number}`);
export const FONT = '"Inter Variable", system-ui, sans-serif';
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** An axis of hairlines: no ticks, quiet labels, the name at its end. */
export function axis(options) {
  const quiet = ink("--lp-ink-2");
  return {
    axisLine: { lineStyle: { color: ink("--lp-line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: quiet, fontSize: 11, fontFamily: FONT, ...options.axisLabel },
    splitLine: {
      show: options.type === "value" && !options.plain,
      lineStyle: { color: ink("--lp-line") },
    },
    nameTextStyle: { color: quiet, fontSize: 12, fontFamily: FONT },
    ...Object.fromEntries(
      Object.entries(options).filter(([key]) => !["axisLabel", "plain"].includes(key)),
    ),
  };
}

/** A tooltip whose content is built of elements: a strict style policy allows no inline style in strings. */
export function tooltip(content, options = {}) {
  return {
    confine: true,
    backgroundColor: ink("--lp-surface"),
    borderColor: ink("--lp-line-strong"),
    padding: [6, 10],
    textStyle: { color: ink("--lp-ink"), fontSize: 12, fontFamily: FONT },
    transitionDuration: 0,
    formatter: content,
    ...options,
  };
}

/** @param {string} heading @param {{name: string, value: string, color?: string}[]} rows @returns {HTMLElement} */
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
