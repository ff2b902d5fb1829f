// The confusion matrix: rows true, columns predicted. Hits in blue, mistakes in orange, by share of
// the row.

import { el, one } from "../dom.js";
import { formatInteger, formatPercent } from "../format.js";
import { describe, drawing, writeTable } from "./figure.js";
import { axis, FONT, grid, ink, mix, numbersOf, textOn, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {object} ConfusionData
 * @property {string[]} class_names
 * @property {number[][]} counts a row for each true, a column for each predicted class
 * @property {string} split
 * @property {string} [cell_url] "/…?true={true}&predicted={predicted}"
 */

const LABELLED = 15;
const FULL_TABLE = 20;
const MOST_MISTAKES = 500;

/** @param {ConfusionData} data @param {number} row @param {number} column */
const urlOf = (data, row, column) =>
  data.cell_url
    ?.replace("{true}", encodeURIComponent(data.class_names[row]))
    .replace("{predicted}", encodeURIComponent(data.class_names[column]));

/** @param {number[]} numbers */
const sumOf = (numbers) => numbers.reduce((sum, count) => sum + count, 0);

/** @param {ConfusionData} data */
function cellsOf(data) {
  const [ground, hit, miss] = [ink("--lp-surface-2"), ink("--lp-data-1"), ink("--lp-data-2")];
  return data.counts.flatMap((row, rowIndex) => {
    const support = sumOf(row);
    return row.map((count, column) => {
      const share = support ? count / support : 0;
      // Mistakes are rare; the root makes the few of them visible.
      const color =
        count === 0
          ? ground
          : rowIndex === column
            ? mix(ground, hit, 0.15 + 0.85 * share)
            : mix(ground, miss, 0.12 + 0.88 * Math.sqrt(share));
      const borderWidth = data.class_names.length > 40 ? 0 : 1;
      return {
        value: [column, rowIndex, count, share],
        itemStyle: { color, borderColor: ink("--lp-surface"), borderWidth },
        label: { color: textOn(color) },
      };
    });
  });
}

/** @param {string[]} names @param {boolean} narrow */
function axesOf(names, narrow) {
  const common = { type: "category", data: names, nameLocation: "middle" };
  const interval = names.length > 40 ? "auto" : 0;
  const label = { width: narrow ? 64 : 110, overflow: "truncate", interval };
  return {
    xAxis: axis({
      ...common,
      name: "Predicted class",
      nameGap: 24,
      axisLine: { show: false },
      axisLabel: { ...label, rotate: names.length > 6 ? 45 : 0 },
    }),
    yAxis: axis({
      ...common,
      name: "True class",
      nameGap: 8,
      inverse: true,
      axisLine: { show: false },
      axisLabel: label,
    }),
  };
}

/** @param {ConfusionData} data @param {boolean} narrow @returns {EChartsCoreOption} */
function optionOf(data, narrow) {
  const names = data.class_names;
  return {
    animation: false,
    grid: { ...grid, right: 8, top: 8 },
    ...axesOf(names, narrow),
    tooltip: tooltip(([point]) => {
      const [column, row, count, share] = numbersOf(point);
      return tip(row === column ? "Right" : "Mistaken", [
        { name: "True class", value: names[row] },
        { name: "Predicted class", value: names[column] },
        { name: "Images", value: formatInteger(count) },
        { name: "Share of the true class", value: formatPercent(share) },
      ]);
    }),
    series: [
      {
        type: "heatmap",
        data: cellsOf(data),
        cursor: data.cell_url ? "pointer" : "default",
        label: {
          show: names.length <= LABELLED,
          /** @param {{value: number[]}} cell */
          formatter: ({ value }) => (value[2] ? formatInteger(value[2]) : ""),
          fontFamily: FONT,
          fontSize: 11,
        },
        emphasis: { itemStyle: { borderColor: ink("--lp-ink"), borderWidth: 1.5 } },
      },
    ],
  };
}

/** @param {string | undefined} url @param {string} text */
const linked = (url, text) => (url && text !== "0" ? el("a", { href: url, text }) : text);

/**
 * The table behind the picture: every cell, or the mistakes where those are too many.
 * @param {HTMLElement} figure
 * @param {ConfusionData} data
 */
function tableOf(figure, data) {
  const names = data.class_names;
  /** @param {number} row @param {number} column */
  const cell = (row, column) =>
    linked(urlOf(data, row, column), formatInteger(data.counts[row][column]));
  if (names.length <= FULL_TABLE) {
    const heads = [{ name: "True \\ Predicted" }, ...names.map((name) => ({ name, num: true }))];
    const rows = names.map((name, row) => [name, ...names.map((_, column) => cell(row, column))]);
    return writeTable(figure, heads, rows);
  }
  const mistakes = data.counts
    .flatMap((counts, row) => counts.map((count, column) => ({ row, column, count })))
    .filter(({ row, column, count }) => row !== column && count)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_MISTAKES);
  return writeTable(
    figure,
    [{ name: "True class" }, { name: "Predicted class" }, { name: "Images", num: true }],
    mistakes.map(({ row, column }) => [names[row], names[column], cell(row, column)]),
  );
}

/**
 * A click on a cell dispatches `cell` {true, predicted, count} on the figure, then follows cell_url
 * unless a listener prevented it.
 * @param {HTMLElement} figure
 * @param {ConfusionData} data
 * @returns {{chart: EChartsType}}
 */
export function confusion(figure, data) {
  const canvas = one(figure, ".chart-canvas");
  const { chart } = drawing(figure, () => optionOf(data, canvas.clientWidth < 480));
  tableOf(figure, data);
  const total = formatInteger(sumOf(data.counts.flat()));
  const right = formatInteger(sumOf(data.counts.map((row, index) => row[index])));
  describe(
    figure,
    `Confusion matrix on the ${data.split} split: ${right} of ${total} images on the diagonal. ` +
      "The table below holds every cell.",
  );
  chart.on("click", (point) => {
    const [column, row, count] = numbersOf(point);
    const detail = { true: data.class_names[row], predicted: data.class_names[column], count };
    const follows = figure.dispatchEvent(
      new CustomEvent("cell", { bubbles: true, cancelable: true, detail }),
    );
    const url = urlOf(data, row, column);
    if (follows && url && count) location.assign(url);
  });
  return { chart };
}
