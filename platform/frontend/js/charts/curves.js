// Loss or accuracy over epochs: one run (train and validation), or one line per run when comparing.
// The key shows the values of the best epoch, which is the one that is kept; without one, the last
// epoch's.

import { formatMetric, formatPercent } from "../format.js";
import { describe, drawing, writeKey, writeTable } from "./figure.js";
import { axis, calm, DATA_INKS, FONT, ink, tip, tooltip } from "./theme.js";

const isShare = (metric) => metric.includes("accuracy");
const say = (metric, value) => (isShare(metric) ? formatPercent(value) : formatMetric(value));

function linesOf(data) {
  if (data.runs) {
    return data.runs.map((run, index) => ({
      name: run.name,
      key: data.metric,
      epochs: run.epochs,
      color: DATA_INKS[index % DATA_INKS.length],
      dashed: index >= DATA_INKS.length,
    }));
  }
  return [
    { name: "Train", key: data.metric, epochs: data.epochs, color: "--lp-data-1", dashed: true },
    { name: "Validation", key: `val_${data.metric}`, epochs: data.epochs, color: "--lp-data-2" },
  ];
}

function seriesOf(line, data) {
  const color = ink(line.color);
  const points = line.epochs.filter((row) => row[line.key] !== null && row[line.key] !== undefined);
  return {
    id: line.name,
    name: line.name,
    type: "line",
    data: points.map((row) => [row.epoch, row[line.key]]),
    showSymbol: points.length < 2,
    symbolSize: 6,
    lineStyle: { color, width: 2, type: line.dashed ? [5, 3] : "solid" },
    itemStyle: { color },
    markLine: line.name === "Validation" && data.best_epoch ? bestEpoch(data) : undefined,
    markPoint: bestPoint(points, line, data, color),
  };
}

const AXIS_ENDS = [10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000];

/** Where the axis ends: at the last epoch once the run has ended; before that with some room, up to the plan. */
function axisEnd(data) {
  const last = Math.max(...linesOf(data).map((line) => line.epochs.at(-1)?.epoch ?? 1), 2);
  if (data.ended || !data.total_epochs) return last;
  const roomy = AXIS_ENDS.find((end) => end > last * 1.1) ?? last;
  return Math.max(last, Math.min(roomy, data.total_epochs));
}

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

function bestEpoch(data) {
  const epoch = data.best_epoch;
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

function optionOf(data) {
  const lines = linesOf(data);
  return {
    animation: !calm(),
    animationDuration: 300,
    // Between two axes a line would stand at the wrong epochs.
    animationDurationUpdate: 0,
    grid: {
      left: 4,
      right: 14,
      top: 18,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
    xAxis: axis({
      type: "value",
      name: "Epoch",
      nameLocation: "middle",
      nameGap: 24,
      min: 1,
      max: axisEnd(data),
      minInterval: 1,
      plain: true,
    }),
    yAxis: axis({
      type: "value",
      scale: true,
      min: isShare(data.metric) ? null : 0,
      max: isShare(data.metric) ? ({ max }) => (max > 0.9 ? 1 : null) : null,
      axisLine: { show: false },
      axisLabel: {
        formatter: (value) =>
          isShare(data.metric)
            ? `${Math.round(value * 1000) / 10} %`
            : String(Math.round(value * 1000) / 1000),
      },
    }),
    dataZoom: [
      {
        type: "inside",
        xAxisIndex: 0,
        filterMode: "none",
        zoomOnMouseWheel: "shift",
        moveOnMouseWheel: false,
        moveOnMouseMove: true,
      },
    ],
    tooltip: tooltip(
      (points) =>
        tip(
          `Epoch ${points[0].value[0]}`,
          points.map((point) => ({
            name: point.seriesName,
            value: say(data.metric, point.value[1]),
            color: point.color,
          })),
        ),
      { trigger: "axis", axisPointer: { lineStyle: { color: ink("--lp-line-strong") } } },
    ),
    series: lines.map((line) => seriesOf(line, data)),
  };
}

const KEYED = 12;

function tableOf(figure, data) {
  const lines = linesOf(data);
  const shown = (line) =>
    line.epochs.find((row) => row.epoch === data.best_epoch) ?? line.epochs.at(-1);
  const keys = lines.map((line) => ({
    name: line.name,
    dashed: line.dashed,
    color: ink(line.color),
    value: say(data.metric, shown(line)?.[line.key]),
  }));
  writeKey(
    figure,
    lines.length > KEYED ? [] : keys,
    data.best_epoch ? `at epoch ${data.best_epoch}` : "",
  );
  figure.classList.toggle("is-waiting", !data.runs && !data.epochs.length);
  const numbers = [...new Set(lines.flatMap((line) => line.epochs.map((row) => row.epoch)))].sort(
    (a, b) => a - b,
  );
  const rows = numbers.map((epoch) => [
    epoch,
    ...lines.map((line) =>
      say(data.metric, line.epochs.find((row) => row.epoch === epoch)?.[line.key]),
    ),
  ]);
  writeTable(
    figure,
    [{ name: "Epoch", num: true }, ...lines.map(({ name }) => ({ name, num: true }))],
    rows,
  );
  const told = rows.find(([epoch]) => epoch === data.best_epoch) ?? rows.at(-1);
  const which =
    told && told[0] === data.best_epoch
      ? data.ended
        ? "Kept epoch"
        : "Best epoch so far"
      : "Epoch";
  describe(
    figure,
    told
      ? `${figure.querySelector(".chart-title").textContent}. ${which} ${told[0]}: ${lines.map((line, index) => `${line.name} ${told[index + 1]}`).join(", ")}.`
      : "No epoch has ended yet.",
  );
}

/**
 * @param {HTMLElement} figure @param {object} data
 * @returns {{append: (...epochs: object[]) => void, update: (data: object) => void, chart: object}} append replaces
 *   an epoch told twice
 */
export function curves(figure, data) {
  let current = data;
  const { chart, redraw } = drawing(
    figure,
    () => optionOf(current),
    () => tableOf(figure, current),
  );
  chart
    .getZr()
    .on("dblclick", () => chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));
  const update = (next) => {
    current = { ...current, ...next };
    redraw();
  };
  const append = (...rows) => {
    const byNumber = new Map([...current.epochs, ...rows].map((row) => [row.epoch, row]));
    update({ epochs: [...byNumber.values()].sort((a, b) => a.epoch - b.epoch) });
  };
  return { append, update, chart };
}
