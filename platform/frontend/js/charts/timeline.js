// Figures over hours or days: bars that stand on each other for counts, lines for all else.

import { formatInteger, formatPercent } from "../format.js";
import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { axis, calm, DATA_INKS, grid, ink, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @typedef {object} TimelineSeries
 * @property {string} name
 * @property {(number | null)[]} values one for each time; null: none is known
 * @property {boolean} [dashed]
 *
 * @typedef {object} TimelineData
 * @property {"count" | "share" | "milliseconds"} kind
 * @property {"hour" | "day"} step
 * @property {string[]} times ISO 8601, in UTC
 * @property {TimelineSeries[]} series
 */

/** @param {TimelineData} data @param {number | null | undefined} value */
function say({ kind }, value) {
  if (value === null || value === undefined) return "–";
  if (kind === "share") return formatPercent(value);
  return kind === "count" ? formatInteger(value) : `${formatInteger(Math.round(value))} ms`;
}

/** "2026-05-03T12:00:00Z" → "3 May, 12:00 UTC" @param {TimelineData} data @param {string} time */
function sayTime({ step }, time) {
  const moment = new Date(time);
  const day = moment.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return step === "day" ? day : `${day}, ${time.slice(11, 16)} UTC`;
}

/** @param {TimelineData} data */
function seriesOf(data) {
  return data.series.map(({ name, values, dashed }, index) => {
    const color = ink(DATA_INKS[index % DATA_INKS.length]);
    if (data.kind === "count") {
      return {
        id: String(index),
        name,
        type: "bar",
        stack: "all",
        barCategoryGap: "15%",
        itemStyle: { color },
        data: values,
      };
    }
    return {
      id: String(index),
      name,
      type: "line",
      symbol: "circle",
      symbolSize: 5,
      showSymbol: values.length <= 48,
      lineStyle: { color, width: 2, type: dashed ? [5, 3] : "solid" },
      itemStyle: { color },
      data: values,
    };
  });
}

/** @param {TimelineData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  return {
    animation: !calm(),
    animationDuration: 300,
    grid: { ...grid, right: 14, top: 14 },
    xAxis: axis(
      {
        type: "category",
        data: data.times.map((time) => sayTime(data, time)),
        axisLabel: { hideOverlap: true },
      },
      { plain: true },
    ),
    yAxis: axis({
      type: "value",
      min: data.kind === "share" ? null : 0,
      max: data.kind === "share" ? 1 : null,
      scale: data.kind === "share",
      minInterval: data.kind === "count" ? 1 : 0,
      axisLine: { show: false },
      axisLabel: {
        /** @param {number} value */
        formatter: (value) =>
          data.kind === "share" ? `${Math.round(value * 100)} %` : formatInteger(value),
      },
    }),
    tooltip: tooltip(
      (points) =>
        tip(
          sayTime(data, data.times[points[0].dataIndex]),
          points.map((point) => ({
            name: point.seriesName ?? "",
            value: say(data, data.series[point.seriesIndex ?? 0].values[point.dataIndex]),
            color: String(point.color),
          })),
        ),
      { trigger: "axis", axisPointer: { lineStyle: { color: ink("--lp-line-strong") } } },
    ),
    series: seriesOf(data),
  };
}

/** @param {HTMLElement} figure @param {TimelineData} data */
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
      { name: data.step === "day" ? "Day (UTC)" : "Hour (UTC)" },
      ...data.series.map(({ name }) => ({ name, num: true })),
    ],
    data.times
      .map((time, place) => [
        sayTime(data, time),
        ...data.series.map(({ values }) => say(data, values[place])),
      ])
      .reverse(),
  );
  const told = data.series.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    if (data.kind === "count")
      return `${name} ${formatInteger(known.reduce((sum, value) => sum + value, 0))}`;
    return known.length ? `${name} ${say(data, known.at(-1))} at the end` : `${name} unknown`;
  });
  describe(figure, `${titleOf(figure)}, ${data.times.length} ${data.step}s: ${told.join(", ")}.`);
}

/** @param {HTMLElement} figure @param {TimelineData} data @returns {{chart: EChartsType}} */
export function timeline(figure, data) {
  const { chart } = drawing(
    figure,
    () => optionOf(data),
    () => writeBeside(figure, data),
  );
  return { chart };
}
