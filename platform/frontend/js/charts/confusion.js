// The confusion matrix: rows true, columns predicted. Hits in blue, mistakes in orange, by share of
// the row.

import { el } from "../dom.js";
import { formatInteger, formatPercent } from "../format.js";
import { describe, drawing, writeTable } from "./figure.js";
import { axis, FONT, ink, mix, textOn, tip, tooltip } from "./theme.js";

const LABELLED = 15;
const FULL_TABLE = 20;

const urlOf = (data, row, column) =>
  data.cell_url
    ?.replace("{true}", encodeURIComponent(data.class_names[row]))
    .replace("{predicted}", encodeURIComponent(data.class_names[column]));

function cellsOf(data) {
  const [ground, hit, miss] = [ink("--lp-surface-2"), ink("--lp-data-1"), ink("--lp-data-2")];
  return data.counts.flatMap((row, rowIndex) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, column) => {
      const share = support ? count / support : 0;
      // Mistakes are rare; the root makes the few of them visible.
      const color =
        count === 0
          ? ground
          : rowIndex === column
            ? mix(ground, hit, 0.15 + 0.85 * share)
            : mix(ground, miss, 0.12 + 0.88 * Math.sqrt(share));
      return {
        value: [column, rowIndex, count, share],
        itemStyle: {
          color,
          borderColor: ink("--lp-surface"),
          borderWidth: data.class_names.length > 40 ? 0 : 1,
        },
        label: { color: textOn(color) },
      };
    });
  });
}

function optionOf(data, narrow) {
  const names = data.class_names;
  const label = { width: narrow ? 64 : 110, overflow: "truncate" };
  return {
    animation: false,
    grid: {
      left: 4,
      right: 8,
      top: 8,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
    xAxis: axis({
      type: "category",
      data: names,
      name: "Predicted class",
      nameLocation: "middle",
      nameGap: 24,
      axisLine: { show: false },
      axisLabel: {
        ...label,
        rotate: names.length > 6 ? 45 : 0,
        interval: names.length > 40 ? "auto" : 0,
      },
    }),
    yAxis: axis({
      type: "category",
      data: names,
      name: "True class",
      nameLocation: "middle",
      nameGap: 8,
      inverse: true,
      axisLine: { show: false },
      axisLabel: { ...label, interval: names.length > 40 ? "auto" : 0 },
    }),
    tooltip: tooltip(({ value: [column, row, count, share] }) =>
      tip(row === column ? "Right" : "Mistaken", [
        { name: "True class", value: names[row] },
        { name: "Predicted class", value: names[column] },
        { name: "Images", value: formatInteger(count) },
        { name: "Share of the true class", value: formatPercent(share) },
      ]),
    ),
    series: [
      {
        type: "heatmap",
        data: cellsOf(data),
        cursor: data.cell_url ? "pointer" : "default",
        label: {
          show: names.length <= LABELLED,
          formatter: ({ value }) => (value[2] ? formatInteger(value[2]) : ""),
          fontFamily: FONT,
          fontSize: 11,
        },
        emphasis: { itemStyle: { borderColor: ink("--lp-ink"), borderWidth: 1.5 } },
      },
    ],
  };
}

const linked = (url, text) => (url && text !== "0" ? el("a", { href: url, text }) : text);

function tableOf(figure, data) {
  const names = data.class_names;
  if (names.length <= FULL_TABLE) {
    const rows = data.counts.map((row, index) => [
      names[index],
      ...row.map((count, column) => linked(urlOf(data, index, column), formatInteger(count))),
    ]);
    writeTable(
      figure,
      [{ name: "True \\ Predicted" }, ...names.map((name) => ({ name, num: true }))],
      rows,
    );
    return;
  }
  const mistakes = data.counts
    .flatMap((row, index) => row.map((count, column) => [index, column, count]))
    .filter(([row, column, count]) => row !== column && count);
  mistakes.sort((a, b) => b[2] - a[2]);
  const rows = mistakes
    .slice(0, 500)
    .map(([row, column, count]) => [
      names[row],
      names[column],
      linked(urlOf(data, row, column), formatInteger(count)),
    ]);
  writeTable(
    figure,
    [{ name: "True class" }, { name: "Predicted class" }, { name: "Images", num: true }],
    rows,
  );
}

/**
 * @param {HTMLElement} figure @param {object} data
 * @returns {{chart: object}} a click on a cell dispatches `cell` {true, predicted, count} on the figure, then
 *   follows cell_url unless a listener prevented it
 */
export function confusion(figure, data) {
  const canvas = figure.querySelector(".chart-canvas");
  const { chart } = drawing(figure, () => optionOf(data, canvas.clientWidth < 480));
  tableOf(figure, data);
  const total = data.counts.flat().reduce((sum, count) => sum + count, 0);
  const right = data.counts.reduce((sum, row, index) => sum + row[index], 0);
  describe(
    figure,
    `Confusion matrix on the ${data.split} split: ${formatInteger(right)} of ${formatInteger(total)} images on the diagonal. The table below holds every cell.`,
  );
  chart.on("click", ({ value: [column, row, count] }) => {
    const detail = { true: data.class_names[row], predicted: data.class_names[column], count };
    const follows = figure.dispatchEvent(
      new CustomEvent("cell", { bubbles: true, cancelable: true, detail }),
    );
    const url = urlOf(data, row, column);
    if (follows && url && count) location.assign(url);
  });
  return { chart };
}
