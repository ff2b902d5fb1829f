// Every trial of a search as a line over an axis for each setting, ending at its result.

import { formatMetric, formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeTable } from "./figure.js";
import { calm, FONT, ink, mix, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {object} ParallelAxis
 * @property {string} title
 * @property {string[]} [options] of a setting with choices
 * @property {number} [low]
 * @property {number} [high]
 * @property {boolean} [log]
 *
 * @typedef {object} ParallelLine
 * @property {number} number from 1
 * @property {(number | string)[]} values one for each axis
 * @property {number} value
 *
 * @typedef {object} ParallelData
 * @property {"accuracy" | "loss"} objective
 * @property {ParallelAxis[]} axes
 * @property {ParallelLine[]} lines
 */

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
/** @param {number} value */
const shortly = (value) =>
  Math.abs(value) >= 1e-3 || value === 0 ? short.format(value) : value.toExponential(0);

/** @param {ParallelData} data @param {number} value */
const say = ({ objective }, value) =>
  objective === "accuracy" ? formatPercent(value) : formatMetric(value);

/** @param {ParallelAxis} axis @param {number} dim */
function axisOf({ title, options, low, high, log }, dim) {
  const quiet = ink("--lp-ink-2");
  const shared = {
    dim,
    name: title,
    nameLocation: "end",
    nameTextStyle: { color: quiet, fontSize: 12, fontFamily: FONT },
    axisLine: { lineStyle: { color: ink("--lp-line-strong") } },
    axisTick: { show: false },
  };
  const label = { color: quiet, fontSize: 11, fontFamily: FONT };
  if (options) return { ...shared, type: "category", data: options, axisLabel: label };
  return {
    ...shared,
    type: log ? "log" : "value",
    min: low,
    max: high,
    axisLabel: { ...label, formatter: shortly },
  };
}

/** The axis on the right: the result, from the least to the greatest. @param {ParallelData} data */
function resultOf({ axes, lines, objective }) {
  const values = lines.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const found = axisOf({ title: titleOfResult(objective), low, high }, axes.length);
  /** @param {number} value */
  const formatter = (value) =>
    objective === "accuracy" ? `${Math.round(value * 1000) / 10} %` : shortly(value);
  return { ...found, axisLabel: { ...found.axisLabel, formatter } };
}

/** @param {ParallelData["objective"]} objective */
const titleOfResult = (objective) => (objective === "accuracy" ? "Accuracy" : "Loss");

/** The lines as they are drawn, the best on top. @param {ParallelLine[]} order */
function linesOf(order) {
  const [poor, good] = [ink("--lp-line-strong"), ink("--lp-data-1")];
  // Hundreds of lines hide each other: all but the best are faint.
  const [faintest, sharper] = order.length > 100 ? [0.04, 12] : [0.35, 1];
  return order.map((line, place) => {
    // By rank: a few very poor trials would leave all others one colour.
    const share = order.length > 1 ? place / (order.length - 1) : 1;
    return {
      value: [...line.values, line.value],
      lineStyle: {
        color: mix(poor, good, share ** 2),
        opacity: faintest + (0.95 - faintest) * share ** sharper,
        width: place === order.length - 1 ? 3 : 1.25,
      },
    };
  });
}

/** @param {ParallelData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const { axes, lines, objective } = data;
  const order = [...lines].sort((a, b) =>
    objective === "accuracy" ? a.value - b.value : b.value - a.value,
  );
  return {
    animation: !calm(),
    animationDuration: 300,
    parallel: { left: 72, right: 56, top: 34, bottom: 12 },
    parallelAxis: [...axes.map(axisOf), resultOf(data)],
    tooltip: tooltip(
      ([point]) => {
        const line = order[point.dataIndex];
        return tip(`Trial ${line.number}`, [
          { name: titleOfResult(objective), value: say(data, line.value) },
          ...axes.map(({ title }, place) => ({ name: title, value: String(line.values[place]) })),
        ]);
      },
      { trigger: "item" },
    ),
    series: [
      {
        id: "trials",
        type: "parallel",
        smooth: 0.2,
        emphasis: { lineStyle: { width: 3, opacity: 1 } },
        data: linesOf(order),
      },
    ],
  };
}

/** @param {HTMLElement} figure @param {ParallelData} data */
function writeBeside(figure, data) {
  writeTable(
    figure,
    [
      { name: "Trial", num: true },
      ...data.axes.map(({ title }) => ({ name: title, num: true })),
      { name: "Result", num: true },
    ],
    data.lines.map(({ number, values, value }) => [number, ...values, say(data, value)]),
  );
  const axes = data.axes.map(({ title }) => title).join(", ");
  describe(figure, `${titleOf(figure)}: ${data.lines.length} trials over ${axes}.`);
}

/** @param {HTMLElement} figure @param {ParallelData} data @returns {{chart: EChartsType}} */
export function parallel(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
