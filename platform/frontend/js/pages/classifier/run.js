// A run's curves while it runs: the mark of the best epoch moves with them (the lowest validation
// loss, as the engine chooses).

const figures = [...document.querySelectorAll('[data-chart="curves"]')];
const known = JSON.parse(document.getElementById("curve-loss-data").textContent).epochs;
const losses = new Map(known.map(({ epoch, val_loss: loss }) => [epoch, loss]));
const update = (data) => {
  for (const figure of figures) figure.chart?.update(data);
};

document.addEventListener("job:epoch", ({ detail: { epoch, val_loss: loss } }) => {
  if (loss === null || loss === undefined) return;
  losses.set(epoch, loss);
  const [best] = [...losses].reduce((least, each) => (each[1] < least[1] ? each : least));
  update({ best_epoch: best });
});
document.addEventListener("job:ended", () => update({ ended: true }));
