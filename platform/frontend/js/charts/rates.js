// The loss of a hundred steps at growing learning rates: each batch's, and the mean around it. A
// line stands at each rate that is suggested, the best one first.

import { formatMetric } from "../format.js";
import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { axis, calm, FONT, grid, ink, numbersOf, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption } from "echarts"
 * @import { Chart } from "../../types/page"
 * @typedef {{learning_rate: number, loss: number, smoothed: number}} RatePoint
 * @typedef {{points: RatePoint[], marks: number[]}} RatesData
 */

/** Two digits, as they are typed into the field. @param {number} rate */
const say = (rate) => String(Number(rate.toPrecision(2)));

/** A batch may be far off: the axis is of the means. @param {RatePoint[]} points */
function highest(points) {
  const means = Math.max(...points.map((point) => point.smoothed));
  const start = points[0]?.smoothed ?? means;
  return Number((Math.min(means, start * 1.5) * 1.1).toPrecision(2));
}

/** @param {number} rate @param {number} place 0: the one suggested first @param {RatesData} data */
function mark(rate, place, data) {
  const color = ink(place ? "--lp-ink-2" : "--lp-ink");
  const other = data.marks[1 - place];
  // Beside each other, the labels lean away from each other.
  const leans = other === undefined || rate <= other ? "right" : "left";
  const ends = [0, highest(data.points)].map((y) => ({ coord: [rate, y] }));
  const look = {
    lineStyle: { color, type: place ? [2, 3] : "solid", width: 1 },
    label: {
      formatter: place ? say(rate) : `${say(rate)}, suggested`,
      position: "insideEndTop",
      rotate: 0,
      align: leans,
      color,
      fontFamily: FONT,
      fontSize: 11,
      fontWeight: place ? "normal" : 600,
    },
  };
  // By its ends: ECharts draws no line of `xAxis` alone on a logarithmic axis.
  return [{ ...ends[0], ...look }, ends[1]];
}

/** @param {RatesData} data */
function seriesOf(data) {
  const [dots, line] = [ink("--lp-ink-2"), ink("--lp-data-2")];
  return [
    {
      name: "One batch",
      type: "scatter",
      data: data.points.map((point) => [point.learning_rate, point.loss]),
      symbolSize: 4,
      clip: true,
      itemStyle: { color: dots, opacity: 0.5 },
    },
    {
      name: "Mean around it",
      type: "line",
      data: data.points.map((point) => [point.learning_rate, point.smoothed]),
      showSymbol: false,
      lineStyle: { color: line, width: 2 },
      itemStyle: { color: line },
      markLine: {
        silent: true,
        symbol: "none",
        data: data.marks.map((rate, place) => mark(rate, place, data)),
      },
    },
  ];
}

/** @param {RatesData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const rates = data.points.map((point) => point.learning_rate);
  const across = { name: "Learning rate", nameLocation: "middle", nameGap: 24 };
  /** @param {number} value */
  const formatter = (value) => String(Number(value.toPrecision(1)));
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 14, top: 18 },
    xAxis: axis(
      {
        type: "log",
        ...across,
        min: rates[0],
        max: rates.at(-1),
        axisLabel: { formatter, hideOverlap: true, showMaxLabel: false },
      },
      { plain: true },
    ),
    yAxis: axis({
      type: "value",
      min: 0,
      max: highest(data.points),
      axisLine: { show: false },
      axisLabel: { showMaxLabel: false },
    }),
    tooltip: tooltip(
      (points) =>
        tip(
          `Learning rate ${say(numbersOf(points[0])[0])}`,
          points.map((point) => ({
            name: point.seriesName ?? "",
            value: formatMetric(numbersOf(point)[1]),
            color: String(point.color),
          })),
        ),
      { trigger: "axis", axisPointer: { lineStyle: { color: ink("--lp-line-strong") } } },
    ),
    series: seriesOf(data),
  };
}

/**
 * The key, the table and the sentence.
 * @param {HTMLElement} figure
 * @param {RatesData} data
 */
function writeBeside(figure, data) {
  const points = data.points;
  const lowest = points.reduce((best, each) => (each.smoothed < best.smoothed ? each : best));
  writeKey(
    figure,
    [
      {
        name: "Mean of about ten batches",
        color: ink("--lp-data-2"),
        value: `lowest ${formatMetric(lowest.smoothed)} at ${say(lowest.learning_rate)}`,
      },
    ],
    "dots are single batches",
  );
  writeTable(
    figure,
    ["Learning rate", "Loss of the batch", "Mean"].map((name) => ({ name, num: true })),
    points.map((each) => [
      say(each.learning_rate),
      formatMetric(each.loss),
      formatMetric(each.smoothed),
    ]),
  );
  const first = points[0];
  const taken = data.marks.length ? ` Suggested: ${say(data.marks[0])}.` : " No rate is suggested.";
  describe(
    figure,
    `${titleOf(figure)}. From ${formatMetric(first.smoothed)} at ${say(first.learning_rate)} to ` +
      `${formatMetric(lowest.smoothed)} at ${say(lowest.learning_rate)}.${taken}`,
  );
}

/** @param {HTMLElement} figure @param {RatesData} data @returns {Chart} */
export function rates(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
