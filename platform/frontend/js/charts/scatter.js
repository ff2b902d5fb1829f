// One dot for each run: a figure across, test accuracy up; the dot's area is the size of its file,
// its shape and ink the family of its preset. A click opens the run.

import { el } from "../dom.js";
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatMetric,
  formatPercent,
} from "../format.js";
import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { axis, calm, DATA_INKS, grid, ink, shareAxis, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @import { Point } from "./theme.js"
 * @typedef {object} ScatterPoint
 * @property {string} name
 * @property {string} family
 * @property {string} preset
 * @property {number} x
 * @property {number} y a share from 0 to 1
 * @property {number | null} bytes
 * @property {string} url
 *
 * @typedef {object} ScatterData
 * @property {{title: string, kind: string}} x
 * @property {string} y
 * @property {string[]} families
 * @property {ScatterPoint[]} points
 */

const SHAPES = ["circle", "rect", "triangle"];

/** @param {string} kind @param {number} value */
function say(kind, value) {
  if (kind === "bytes") return formatBytes(value);
  if (kind === "seconds") return formatDuration(value);
  if (kind === "count") return formatInteger(value);
  if (kind === "rate") return formatInteger(Math.round(value));
  return formatMetric(value);
}

/** The side of a dot in pixels: areas compare. @param {number | null} bytes @param {number} most */
const sideOf = (bytes, most) => 8 + 22 * Math.sqrt((bytes ?? 0) / Math.max(1, most));

/** @param {Point} point @param {ScatterData} data */
function tipOf(point, data) {
  const { name, preset, x, y, bytes } = /** @type {{about: ScatterPoint}} */ (
    /** @type {unknown} */ (point.data)
  ).about;
  return tip(name, [
    { name: preset, value: "" },
    { name: data.y, value: formatPercent(y) },
    { name: data.x.title, value: say(data.x.kind, x) },
    ...(bytes === null ? [] : [{ name: "File", value: formatBytes(bytes) }]),
  ]);
}

/** @param {ScatterData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const most = Math.max(1, ...data.points.map(({ bytes }) => bytes ?? 0));
  const values = data.points.map(({ x }) => x);
  // Families lie decades apart, in time as in size.
  const wide = Math.min(...values) > 0 && Math.max(...values) > 20 * Math.min(...values);
  /** @param {number} value */
  const formatter = (value) => say(data.x.kind, value);
  const across = { name: data.x.title, nameLocation: "middle", nameGap: 26, scale: true };
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 20, top: 14 },
    xAxis: axis(
      { type: wide ? "log" : "value", ...across, axisLabel: { formatter, hideOverlap: true } },
      { plain: true },
    ),
    yAxis: shareAxis(),
    tooltip: tooltip(([point]) => tipOf(point, data), { trigger: "item" }),
    series: data.families.map((family, index) => ({
      id: family,
      name: family,
      type: "scatter",
      symbol: SHAPES[index],
      cursor: "pointer",
      itemStyle: { color: ink(DATA_INKS[index]), opacity: 0.75, borderColor: ink("--lp-surface") },
      data: data.points
        .filter((point) => point.family === family)
        .map((point) => ({
          value: [point.x, point.y],
          symbolSize: sideOf(point.bytes, most),
          about: point,
        })),
    })),
  };
}

/** @param {HTMLElement} figure @param {ScatterData} data */
function writeBeside(figure, data) {
  const counts = data.families.map((family, index) => ({
    name: family,
    color: ink(DATA_INKS[index]),
    value: String(data.points.filter((point) => point.family === family).length),
  }));
  writeKey(
    figure,
    counts.filter(({ value }) => value !== "0"),
  );
  writeTable(
    figure,
    [
      { name: "Run" },
      { name: "Family" },
      { name: data.x.title, num: true },
      { name: data.y, num: true },
      { name: "File", num: true },
    ],
    data.points.map(({ name, family, x, y, bytes, url }) => [
      el("a", { href: url, text: name }),
      family,
      say(data.x.kind, x),
      formatPercent(y),
      bytes === null ? "–" : formatBytes(bytes),
    ]),
  );
  const best = data.points.reduce((a, b) => (b.y > a.y ? b : a), data.points[0]);
  const most = best ? `Most accurate: ${best.name}, ${formatPercent(best.y)}.` : "";
  describe(figure, `${titleOf(figure)}: ${data.points.length} runs. ${most}`.trim());
}

/** @param {HTMLElement} figure @param {ScatterData} data @returns {{chart: EChartsType}} */
export function scatter(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  chart.on("click", ({ data: clicked }) => {
    const point = /** @type {{about?: ScatterPoint} | undefined} */ (clicked)?.about;
    if (point) location.assign(point.url);
  });
  return { chart };
}
