// Draws every figure of components/chart.html, and feeds curves with the epochs of a running job.
// A page reaches a drawn chart with `figure.chart` after the event `chart:ready`.

import { allWithin, whenAdded } from "../dom.js";
import { confusion } from "./confusion.js";
import { curves } from "./curves.js";

const KINDS = { curves, confusion };

function draw(figure) {
  const data = JSON.parse(document.getElementById(figure.dataset.source).textContent);
  figure.chart = KINDS[figure.dataset.chart](figure, data);
  const past =
    figure.dataset.job &&
    document.querySelector(`job-progress[job-id="${figure.dataset.job}"]`)?.epochs;
  if (past?.length) figure.chart.append(...past);
  figure.dispatchEvent(new CustomEvent("chart:ready", { bubbles: true }));
}

whenAdded((root) => {
  for (const figure of allWithin(root, "[data-chart]")) {
    if (figure.chart) continue;
    try {
      draw(figure);
    } catch (error) {
      reportError(error); // One chart that fails leaves the others their place.
    }
  }
});

document.addEventListener("job:epoch", ({ detail }) => {
  for (const figure of document.querySelectorAll(
    `[data-chart="curves"][data-job="${detail.jobId}"]`,
  ))
    figure.chart?.append(detail);
});
