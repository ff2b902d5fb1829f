// The trials of a search in the order in which they began: a dot for each, a line for the best.

import { formatMetric, formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { axis, calm, grid, ink, numbersOf, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {object} HistoryPoint
 * @property {number} number from 1
 * @property {number} value of the trial
 * @property {number} best of the trials up to this one
 * @property {boolean} pruned it ended early
 *
 * @typedef {object} HistoryData
 * @property {"accuracy" | "loss"} objective
 * @property {HistoryPoint[]} points
 */

/** @param {HistoryData} data @param {number} value */
const say = ({ objective }, value) =>
  objective === "accuracy" ? formatPercent(value) : formatMetric(value);

/** @param {HistoryData} data @param {string} best @param {string} trial inks */
function seriesOf(data, best, trial) {
  const { points } = data;
  const { min = -Infinity, max = Infinity } = edgeOf(data);
  /** @param {number} value */
  const within = (value) => Math.min(Math.max(value, min), max);
  const dots = [false, true].map((pruned) => ({
    id: pruned ? "pruned" : "trials",
    type: "scatter",
    symbol: pruned ? "emptyCircle" : "circle",
    symbolSize: points.length > 100 ? 5 : 8,
    itemStyle: { color: trial, opacity: 0.7 },
    data: points
      .filter((point) => point.pruned === pruned)
      .map(({ number, value }) => [number, within(value)]),
  }));
  const line = {
    id: "best",
    type: "line",
    step: "end",
    symbol: "none",
    lineStyle: { color: best, width: 2 },
    data: points.map(({ number, best: value }) => [number, value]),
  };
  return [line, ...dots];
}

/**
 * Where the axis ends on the poor side: a trial that learned nothing would flatten all others, so
 * it lies on the edge. @param {HistoryData} data
 */
function edgeOf({ objective, points }) {
  const values = points.map(({ value }) => value).sort((a, b) => a - b);
  if (values.length < 8) return {};
  const [low, high] = [0.25, 0.75].map((share) => values[Math.floor(share * (values.length - 1))]);
  const reach = 3 * Math.max(high - low, 0.01);
  if (objective === "accuracy")
    return values[0] < low - reach ? { min: Math.max(0, Math.floor((low - reach) * 20) / 20) } : {};
  return (values.at(-1) ?? 0) > high + reach ? { max: Math.ceil((high + reach) * 10) / 10 } : {};
}

/** @param {HistoryData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const byNumber = new Map(data.points.map((point) => [point.number, point]));
  const [best, trial] = [ink("--lp-data-1"), ink("--lp-ink-2")];
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 20, top: 14 },
    xAxis: axis(
      {
        type: "value",
        name: "Trial",
        nameLocation: "middle",
        nameGap: 26,
        min: 1,
        max: Math.max(2, data.points.at(-1)?.number ?? 2),
        minInterval: 1,
        axisLabel: { hideOverlap: true },
      },
      { plain: true },
    ),
    yAxis: axis({
      type: "value",
      scale: true,
      ...edgeOf(data),
      axisLine: { show: false },
      axisLabel: {
        /** @param {number} value */
        formatter: (value) =>
          data.objective === "accuracy" ? `${Math.round(value * 1000) / 10} %` : `${value}`,
      },
    }),
    tooltip: tooltip(
      ([point]) => {
        const found = byNumber.get(numbersOf(point)[0]);
        if (!found) return tip("", []);
        return tip(`Trial ${found.number}${found.pruned ? ", ended early" : ""}`, [
          { name: "Result", value: say(data, found.value), color: trial },
          { name: "Best so far", value: say(data, found.best), color: best },
        ]);
      },
      { trigger: "axis" },
    ),
    series: seriesOf(data, best, trial),
  };
}

/** @param {HTMLElement} figure @param {HistoryData} data */
function writeBeside(figure, data) {
  const last = data.points.at(-1);
  writeKey(
    figure,
    last ? [{ name: "Best so far", color: ink("--lp-data-1"), value: say(data, last.best) }] : [],
  );
  writeTable(
    figure,
    [
      { name: "Trial", num: true },
      { name: "Result", num: true },
      { name: "Best so far", num: true },
      { name: "Ended early" },
    ],
    data.points.map((point) => [
      point.number,
      say(data, point.value),
      say(data, point.best),
      point.pruned ? "yes" : "no",
    ]),
  );
  const told = last ? `the best of ${data.points.length} is ${say(data, last.best)}` : "none yet";
  describe(figure, `${titleOf(figure)} of the trials: ${told}.`);
}

/** @param {HTMLElement} figure @param {HistoryData} data @returns {{chart: EChartsType}} */
export function history(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
