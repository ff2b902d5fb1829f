// Lines of points: calibration, precision-recall and ROC curves, accuracy against severity.

import { formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { axis, calm, DATA_INKS, grid, ink, numbersOf, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @import { Point } from "./theme.js"
 * @typedef {object} LineAxis
 * @property {string} title
 * @property {"share" | "number"} kind
 * @property {number} min
 * @property {number} max
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {[number, number, string][]} points x, y and a remark
 * @property {boolean} [dashed]
 *
 * @typedef {object} LinesData
 * @property {LineAxis} x
 * @property {LineAxis} y
 * @property {Line[]} series
 * @property {boolean} [diagonal] draws where x equals y
 */

/** @param {LineAxis} of @param {number} value */
const say = ({ kind }, value) => (kind === "share" ? formatPercent(value) : String(value));

/** @param {LinesData} data */
function seriesOf(data) {
  const lines = data.series.map(({ name, points, dashed }, index) => {
    const color = ink(DATA_INKS[index % DATA_INKS.length]);
    return {
      id: name,
      name,
      type: "line",
      data: points.map(([x, y, remark]) => ({ value: [x, y], remark })),
      symbol: "circle",
      showSymbol: points.length <= 20,
      symbolSize: 6,
      lineStyle: { color, width: 2, type: dashed ? [5, 3] : "solid" },
      itemStyle: { color },
    };
  });
  if (!data.diagonal) return lines;
  const even = {
    id: "diagonal",
    type: "line",
    silent: true,
    symbol: "none",
    data: [0, 1].map((end) => ({ value: [end, end], remark: "" })),
    lineStyle: { color: ink("--lp-line-strong"), width: 1, type: [2, 3] },
  };
  return [...lines, even];
}

/** @param {Point[]} points under the pointer, one a line @param {LinesData} data */
function tipOf(points, data) {
  const told = points.filter(({ seriesName }) =>
    data.series.some(({ name }) => name === seriesName),
  );
  const rows = told.map((point) => {
    const { value, remark } = /** @type {{value: [number, number], remark: string}} */ (point.data);
    const name = [point.seriesName, remark].filter(Boolean).join(", ");
    return { name, value: say(data.y, value[1]), color: String(point.color) };
  });
  const x = told.length ? numbersOf(told[0])[0] : 0;
  return tip(`${data.x.title} ${say(data.x, x)}`, rows);
}

/** @param {LinesData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const across = { name: data.x.title, nameLocation: "middle", nameGap: 26 };
  /** @param {LineAxis} of @param {number} value */
  const short = (of, value) => (of.kind === "share" ? `${Math.round(value * 100)} %` : `${value}`);
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 24, top: 14 },
    xAxis: axis(
      {
        type: "value",
        ...across,
        min: data.x.min,
        max: data.x.max,
        axisLabel: {
          /** @param {number} value */
          formatter: (value) => short(data.x, value),
        },
      },
      { plain: true },
    ),
    yAxis: axis({
      type: "value",
      min: data.y.min,
      max: data.y.max,
      axisLine: { show: false },
      axisLabel: {
        /** @param {number} value */
        formatter: (value) => short(data.y, value),
      },
    }),
    tooltip: tooltip((points) => tipOf(points, data), {
      trigger: "axis",
      axisPointer: { lineStyle: { color: ink("--lp-line-strong") } },
    }),
    series: seriesOf(data),
  };
}

/** @param {HTMLElement} figure @param {LinesData} data */
function writeBeside(figure, data) {
  if (data.series.length > 1)
    writeKey(
      figure,
      data.series.map(({ name, dashed }, index) => ({
        name,
        dashed,
        color: ink(DATA_INKS[index % DATA_INKS.length]),
        value: "",
      })),
    );
  writeTable(
    figure,
    [
      { name: "Line" },
      { name: data.x.title, num: true },
      { name: data.y.title, num: true },
      { name: "Remark" },
    ],
    data.series.flatMap(({ name, points }) =>
      points.map(([x, y, remark]) => [name, say(data.x, x), say(data.y, y), remark]),
    ),
  );
  const told = data.series.map(({ name, points }) => {
    const last = points.at(-1);
    return last ? `${name} ends at ${say(data.y, last[1])}` : name;
  });
  describe(
    figure,
    `${titleOf(figure)}: ${data.y.title} by ${data.x.title.toLowerCase()}. ${told.join(", ")}.`,
  );
}

/** @param {HTMLElement} figure @param {LinesData} data @returns {{chart: EChartsType}} */
export function lines(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
