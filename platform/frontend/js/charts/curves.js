// Loss or accuracy over epochs: one run (train and validation), or one line per run when comparing;
// of what has no validation (learning rate, speed, memory), lines of their own.
// The key shows the values of the best epoch, which is the one that is kept; without one, the last
// epoch's.

import { describe, drawing, titleOf, writeKey, writeTable } from "./figure.js";
import { isShare, ownLines, say, sayShort } from "./metrics.js";
import { axis, calm, DATA_INKS, FONT, grid, ink, numbersOf, tip, tooltip } from "./theme.js";

/**
 * @import { EChartsCoreOption, EChartsType } from "echarts"
 * @import { EpochMetrics } from "../../types/api"
 * @typedef {object} CurvesData of one run, or of several `runs`
 * @property {string} metric such as "loss"; "val_accuracy" to compare
 * @property {EpochMetrics[]} [epochs]
 * @property {{name: string, epochs: EpochMetrics[]}[]} [runs]
 * @property {number} [best_epoch]
 * @property {number} [total_epochs] that are planned
 * @property {boolean} [ended]
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {string} key of the metric
 * @property {EpochMetrics[]} epochs
 * @property {string} color a CSS variable's name
 * @property {boolean} [dashed]
 */

/** @param {CurvesData} data @returns {Line[]} */
function linesOf({ metric, runs, epochs = [] }) {
  if (runs) {
    return runs.map((run, index) => ({
      name: run.name,
      key: metric,
      epochs: run.epochs,
      color: DATA_INKS[index % DATA_INKS.length],
      dashed: index >= DATA_INKS.length,
    }));
  }
  const own = ownLines(metric, epochs);
  if (own) return own.map((line, index) => ({ ...line, epochs, color: DATA_INKS[index] }));
  return [
    { name: "Train", key: metric, epochs, color: "--lp-data-1", dashed: true },
    { name: "Validation", key: `val_${metric}`, epochs, color: "--lp-data-2" },
  ];
}

/** @param {Line} line @param {CurvesData} data */
function seriesOf(line, data) {
  const color = ink(line.color);
  const points = line.epochs.filter((row) => row[line.key] !== null && row[line.key] !== undefined);
  const best = data.best_epoch;
  return {
    name: line.name,
    type: "line",
    data: points.map((row) => [row.epoch, row[line.key]]),
    showSymbol: points.length < 2,
    symbolSize: 6,
    lineStyle: { color, width: 2, type: line.dashed ? [5, 3] : "solid" },
    itemStyle: { color },
    markLine: line.name === "Validation" && best ? bestEpoch(best, data) : undefined,
    markPoint: bestPoint(points, line, data, color),
  };
}

const AXIS_ENDS = [10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000];

/**
 * Where the axis ends: at the last epoch once the run has ended; before that with some room, up to
 * the plan.
 * @param {CurvesData} data
 */
function axisEnd(data) {
  const last = Math.max(...linesOf(data).map((line) => line.epochs.at(-1)?.epoch ?? 1), 2);
  if (data.ended || !data.total_epochs) return last;
  const roomy = AXIS_ENDS.find((end) => end > last * 1.1) ?? last;
  return Math.max(last, Math.min(roomy, data.total_epochs));
}

/**
 * The mark on a line where the best epoch is, if it is there.
 * @param {EpochMetrics[]} points
 * @param {Line} line
 * @param {CurvesData} data
 * @param {string} color
 */
function bestPoint(points, line, data, color) {
  const best = points.find((row) => row.epoch === data.best_epoch);
  if (!best || points.length < 2) return undefined;
  return {
    silent: true,
    symbol: "circle",
    symbolSize: 9,
    label: { show: false },
    itemStyle: { color, borderColor: ink("--lp-surface"), borderWidth: 2 },
    data: [{ coord: [best.epoch, best[line.key]] }],
  };
}

/** The line across all curves. @param {number} epoch @param {CurvesData} data */
function bestEpoch(epoch, data) {
  const align = epoch - 1 < (axisEnd(data) - 1) / 2 ? "left" : "right";
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: ink("--lp-ink-2"), type: [2, 3], width: 1 },
    label: {
      formatter: data.ended ? `epoch ${epoch} is kept` : `best so far: epoch ${epoch}`,
      position: "insideEndTop",
      rotate: 0,
      align,
      color: ink("--lp-ink-2"),
      fontFamily: FONT,
      fontSize: 11,
    },
    data: [{ xAxis: epoch }],
  };
}

/** @param {CurvesData} data */
function axesOf(data) {
  const share = isShare(data.metric);
  /** @param {{max: number}} of the values */
  const highest = ({ max }) => (max > 0.9 ? 1 : null);
  /** @param {number} value */
  const formatter = (value) => sayShort(data.metric, value);
  const across = { name: "Epoch", nameLocation: "middle", nameGap: 24, minInterval: 1 };
  return {
    xAxis: axis({ type: "value", ...across, min: 1, max: axisEnd(data) }, { plain: true }),
    yAxis: axis({
      type: "value",
      scale: true,
      min: share ? null : 0,
      max: share ? highest : null,
      axisLine: { show: false },
      axisLabel: { formatter },
    }),
  };
}

const ZOOM = {
  type: "inside",
  xAxisIndex: 0,
  filterMode: "none",
  zoomOnMouseWheel: "shift",
  moveOnMouseWheel: false,
  moveOnMouseMove: true,
};

/** @param {CurvesData} data @returns {EChartsCoreOption} */
function optionOf(data) {
  const axisPointer = { lineStyle: { color: ink("--lp-line-strong") } };
  return {
    animation: !calm(),
    animationDuration: 300,
    // Between two axes a line would stand at the wrong epochs.
    animationDurationUpdate: 0,
    grid: { ...grid, right: 14, top: 18 },
    ...axesOf(data),
    dataZoom: [{ ...ZOOM }],
    tooltip: tooltip(
      (points) =>
        tip(
          `Epoch ${numbersOf(points[0])[0]}`,
          points.map((point) => ({
            name: point.seriesName ?? "",
            value: say(data.metric, numbersOf(point)[1]),
            color: String(point.color),
          })),
        ),
      { trigger: "axis", axisPointer },
    ),
    // Two runs may have one name.
    series: linesOf(data).map((line, index) => ({ ...seriesOf(line, data), id: String(index) })),
  };
}

const KEYED = 12;

/**
 * What the key says: each line's value at the best epoch.
 * @param {HTMLElement} figure
 * @param {CurvesData} data
 */
function keyOf(figure, data) {
  const lines = linesOf(data);
  /** @param {Line} line */
  const shown = (line) =>
    line.epochs.find((row) => row.epoch === data.best_epoch) ?? line.epochs.at(-1);
  const keys = lines.map((line) => ({
    name: line.name,
    dashed: line.dashed,
    color: ink(line.color),
    value: say(data.metric, shown(line)?.[line.key]),
  }));
  const of = data.best_epoch ? `at epoch ${data.best_epoch}` : "";
  writeKey(figure, lines.length > KEYED ? [] : keys, of);
}

/** The table behind the picture: a row for each epoch. @param {CurvesData} data */
function rowsOf(data) {
  const lines = linesOf(data);
  const numbers = new Set(lines.flatMap((line) => line.epochs.map((row) => row.epoch)));
  return [...numbers]
    .sort((a, b) => a - b)
    .map((epoch) => ({
      epoch,
      values: lines.map((line) =>
        say(data.metric, line.epochs.find((row) => row.epoch === epoch)?.[line.key]),
      ),
    }));
}

/**
 * What stands beside the picture: its key, its table, its sentence.
 * @param {HTMLElement} figure
 * @param {CurvesData} data
 */
function writeBeside(figure, data) {
  keyOf(figure, data);
  figure.classList.toggle("is-waiting", !data.runs && !data.epochs?.length);
  const lines = linesOf(data);
  const rows = rowsOf(data);
  writeTable(
    figure,
    [{ name: "Epoch", num: true }, ...lines.map(({ name }) => ({ name, num: true }))],
    rows.map(({ epoch, values }) => [epoch, ...values]),
  );
  const told = rows.find(({ epoch }) => epoch === data.best_epoch) ?? rows.at(-1);
  if (!told) return describe(figure, "No epoch has ended yet.");
  const best = data.ended ? "Kept epoch" : "Best epoch so far";
  const which = told.epoch === data.best_epoch ? best : "Epoch";
  const values = lines.map((line, index) => `${line.name} ${told.values[index]}`).join(", ");
  return describe(figure, `${titleOf(figure)}. ${which} ${told.epoch}: ${values}.`);
}

/**
 * @typedef {object} Curves
 * @property {(...epochs: EpochMetrics[]) => void} append replaces an epoch told twice
 * @property {(data: Partial<CurvesData>) => void} update
 * @property {EChartsType} chart
 */

/** @param {HTMLElement} figure @param {CurvesData} data @returns {Curves} */
export function curves(figure, data) {
  let current = data;
  const { chart, redraw } = drawing(
    figure,
    () => optionOf(current),
    () => writeBeside(figure, current),
  );
  chart
    .getZr()
    .on("dblclick", () => chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));
  /** @param {Partial<CurvesData>} next */
  const update = (next) => {
    current = { ...current, ...next };
    redraw();
  };
  /** @param {...EpochMetrics} rows */
  const append = (...rows) => {
    const byNumber = new Map([...(current.epochs ?? []), ...rows].map((row) => [row.epoch, row]));
    update({ epochs: [...byNumber.values()].sort((a, b) => a.epoch - b.epoch) });
  };
  return { append, update, chart };
}
