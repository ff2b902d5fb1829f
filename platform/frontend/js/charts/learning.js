// Accuracy after learning from so many images: points with a band for the 95 % interval, and a
// dashed line to what more images would bring.

import { formatInteger, formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeTable } from "./figure.js";
import { axis, calm, grid, ink, numbersOf, shareAxis, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {object} LearningPoint
 * @property {number} images
 * @property {number} accuracy a share from 0 to 1
 * @property {[number, number]} interval
 *
 * @typedef {object} LearningData
 * @property {LearningPoint[]} points
 * @property {LearningPoint | null} forecast
 */

/** @param {LearningData} data */
const allOf = ({ points, forecast }) => (forecast ? [...points, forecast] : points);

/** Two lines stacked on each other, the space between them filled. @param {LearningData} data */
function bandOf(data) {
  const rows = allOf(data);
  const plain = {
    type: "line",
    stack: "band",
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
  };
  return [
    { ...plain, id: "low", data: rows.map(({ images, interval }) => [images, interval[0]]) },
    {
      ...plain,
      id: "high",
      data: rows.map(({ images, interval }) => [images, interval[1] - interval[0]]),
      areaStyle: { color: ink("--lp-data-1"), opacity: 0.14 },
    },
  ];
}

/** @param {LearningData} data */
function linesOf(data) {
  const color = ink("--lp-data-1");
  /** @param {LearningPoint} point */
  const at = ({ images, accuracy }) => [images, accuracy];
  const lines = [
    {
      id: "measured",
      type: "line",
      data: data.points.map(at),
      symbol: "circle",
      symbolSize: 7,
      lineStyle: { color, width: 2 },
      itemStyle: { color },
    },
  ];
  const last = data.points.at(-1);
  if (!data.forecast || !last) return lines;
  return [
    ...lines,
    {
      id: "forecast",
      type: "line",
      data: [at(last), at(data.forecast)],
      symbol: "emptyCircle",
      symbolSize: 9,
      lineStyle: { color, width: 2, type: [5, 3] },
      itemStyle: { color },
    },
  ];
}

/** @param {LearningData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const byImages = new Map(allOf(data).map((point) => [point.images, point]));
  const images = [...byImages.keys()];
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 24, top: 14 },
    xAxis: axis(
      {
        type: "log",
        name: "Images it learned from",
        nameLocation: "middle",
        nameGap: 26,
        min: Math.min(...images),
        max: Math.max(...images),
        axisLabel: { formatter: formatInteger, hideOverlap: true },
      },
      { plain: true },
    ),
    yAxis: shareAxis(),
    tooltip: tooltip(
      ([point]) => {
        const found = byImages.get(numbersOf(point)[0]);
        if (!found) return tip("", []);
        const what = found === data.forecast ? "Forecast for" : "After";
        return tip(`${what} ${formatInteger(found.images)} images`, [
          { name: "Accuracy", value: formatPercent(found.accuracy) },
          { name: "95 %", value: found.interval.map((end) => formatPercent(end)).join(" to ") },
        ]);
      },
      { trigger: "axis" },
    ),
    series: [...bandOf(data), ...linesOf(data)],
  };
}

/** @param {HTMLElement} figure @param {LearningData} data */
function writeBeside(figure, data) {
  writeTable(
    figure,
    [
      { name: "Images", num: true },
      { name: "Accuracy", num: true },
      { name: "95 % interval", num: true },
      { name: "How known" },
    ],
    allOf(data).map((point) => [
      formatInteger(point.images),
      formatPercent(point.accuracy),
      point.interval.map((end) => formatPercent(end)).join(" to "),
      point === data.forecast ? "forecast" : "measured",
    ]),
  );
  /** @param {LearningPoint | null | undefined} point @param {string} word */
  const told = (point, word) =>
    point ? `${word}${formatPercent(point.accuracy)} after ${formatInteger(point.images)}` : "";
  const [now, then] = [told(data.points.at(-1), ""), told(data.forecast, ", about ")];
  describe(figure, `${titleOf(figure)}: ${now}${then}.`);
}

/** @param {HTMLElement} figure @param {LearningData} data @returns {{chart: EChartsType}} */
export function learning(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
