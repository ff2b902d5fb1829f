// A run's curves while it runs: the mark of the best epoch moves with them (the lowest validation
// loss, as the engine chooses).

import { allWithin, jsonOf } from "../../dom.js";

/**
 * @import { ChartFigure } from "../../../types/page"
 * @import { CurvesData } from "../../charts/curves.js"
 */

/** @type {ChartFigure[]} */
const figures = allWithin(document, '[data-chart="curves"]');
/** @type {CurvesData} */
const { epochs: known = [] } = jsonOf("curve-loss-data");
const losses = new Map(known.map(({ epoch, val_loss: loss }) => [epoch, loss]));
/** @param {Partial<CurvesData>} data */
const update = (data) => {
  for (const figure of figures) figure.chart?.update?.(data);
};
/** @param {number | null} loss where there is none, it is no best */
const ranked = (loss) => loss ?? Number.POSITIVE_INFINITY;

document.addEventListener("job:epoch", ({ detail: { epoch, val_loss: loss } }) => {
  if (loss === null || loss === undefined) return;
  losses.set(epoch, loss);
  const [best] = [...losses].reduce((least, each) =>
    ranked(each[1]) < ranked(least[1]) ? each : least,
  );
  update({ best_epoch: best });
});
document.addEventListener("job:ended", () => update({ ended: true }));
