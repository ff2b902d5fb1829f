// Which share of the differences between trials each setting explains: a bar for each.

import { formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeTable } from "./figure.js";
import { axis, calm, grid, ink, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {{settings: {title: string, share: number}[]}} ImportanceData the greatest first
 */

/** @param {ImportanceData} data @returns {EChartsCoreOption} */
function optionOf({ settings }) {
  const rows = [...settings].reverse();
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 44, top: 4 },
    xAxis: axis({
      type: "value",
      min: 0,
      axisLabel: {
        /** @param {number} value */
        formatter: (value) => `${Math.round(value * 100)} %`,
        hideOverlap: true,
      },
    }),
    yAxis: axis({
      type: "category",
      data: rows.map(({ title }) => title),
      axisLabel: { width: 150, overflow: "truncate" },
    }),
    tooltip: tooltip(
      ([point]) => {
        const { title, share } = rows[point.dataIndex];
        return tip(title, [{ name: "Share", value: formatPercent(share) }]);
      },
      { trigger: "item" },
    ),
    series: [
      {
        id: "share",
        type: "bar",
        barMaxWidth: 18,
        itemStyle: { color: ink("--lp-data-1"), borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: "right",
          color: ink("--lp-ink-2"),
          fontSize: 11,
          /** @param {{dataIndex: number}} point */
          formatter: ({ dataIndex }) => `${Math.round(rows[dataIndex].share * 100)} %`,
        },
        data: rows.map(({ share }) => share),
      },
    ],
  };
}

/** @param {HTMLElement} figure @param {ImportanceData} data */
function writeBeside(figure, { settings }) {
  writeTable(
    figure,
    [{ name: "Setting" }, { name: "Share", num: true }],
    settings.map(({ title, share }) => [title, formatPercent(share)]),
  );
  const [most] = settings;
  const told = most ? ` Most: ${most.title}, ${formatPercent(most.share)}.` : "";
  describe(figure, `${titleOf(figure)}: ${settings.length} settings.${told}`);
}

/** @param {HTMLElement} figure @param {ImportanceData} data @returns {{chart: EChartsType}} */
export function importance(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
