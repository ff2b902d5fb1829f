// Draws every figure of components/chart.html, and feeds curves with the epochs of a running job.
// A page reaches a drawn chart with `figure.chart` after the event `chart:ready`.

import { allWithin, jsonOf, whenAdded } from "../dom.js";
import { confusion } from "./confusion.js";
import { curves } from "./curves.js";
import { history } from "./history.js";
import { importance } from "./importance.js";
import { learning } from "./learning.js";
import { lines } from "./lines.js";
import { parallel } from "./parallel.js";
import { rates } from "./rates.js";
import { scatter } from "./scatter.js";
import { timeline } from "./timeline.js";

/**
 * @import { Chart, ChartFigure } from "../../types/page"
 * @import { JobProgress } from "../job-progress.js"
 */

/** @type {Record<string, (figure: HTMLElement, data: any) => Chart>} */
const KINDS = {
  curves,
  confusion,
  history,
  importance,
  learning,
  lines,
  parallel,
  rates,
  scatter,
  timeline,
};

/** @param {ChartFigure} figure */
function draw(figure) {
  const { chart: kind = "", source, job } = figure.dataset;
  const chart = KINDS[kind](figure, jsonOf(source));
  figure.chart = chart;
  /** @type {JobProgress | null} */
  const running = job ? document.querySelector(`job-progress[job-id="${job}"]`) : null;
  // What was told before; nothing yet where the element is not upgraded.
  if (running?.epochs?.length) chart.append?.(...running.epochs);
  figure.dispatchEvent(new CustomEvent("chart:ready", { bubbles: true }));
}

whenAdded((root) => {
  /** @type {ChartFigure[]} */
  const figures = allWithin(root, "[data-chart]");
  for (const figure of figures) {
    if (figure.chart) continue;
    try {
      draw(figure);
    } catch (error) {
      reportError(error); // One chart that fails leaves the others their place.
    }
  }
});

document.addEventListener("job:epoch", ({ detail }) => {
  /** @type {ChartFigure[]} */
  const figures = allWithin(document, `[data-chart="curves"][data-job="${detail.jobId}"]`);
  for (const figure of figures) figure.chart?.append?.(detail);
});
