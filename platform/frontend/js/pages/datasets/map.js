// The map of a dataset: points from the API, a legend that hides and shows, a tip on hover, the
// selection beside.

import { request } from "../../csrf.js";
import { el } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { inkOf, plot } from "../../map/plot.js";
import { Selection } from "../../map/selection.js";
import { toast } from "../../toast.js";

const NO_CLASS = "Not labelled";
const NO_SPLIT = "No split";
const root = document.getElementById("map");
const part = (name) => root.querySelector(`[data-${name}]`);

document.addEventListener("job:ended", ({ target }) => {
  // Embeddings that end while a person works on a map leave it as it is.
  if (!root || target.closest("[data-map-job]")) return location.reload();
  return toast("The embeddings are ready: compute the map again to use them.");
});
if (root) start();

/** Categories by name: the last one stands for those without any. */
class Categories {
  constructor(names, indices, none) {
    this.names = [...names, none];
    this.of = indices.map((index) => (index < 0 ? names.length : index));
  }

  nameOf = (index) => this.names[this.of[index]];

  /** The category's own name, null for none: a class may be called what we write for none. */
  valueOf = (index) => (this.of[index] === this.names.length - 1 ? null : this.nameOf(index));

  /** @param {number} index @param {string | null} name a new one takes its place before "none" */
  set(index, name) {
    let at = name === null ? this.names.length - 1 : this.names.slice(0, -1).indexOf(name);
    if (at < 0) {
      at = this.names.length - 1;
      this.names.splice(at, 0, name);
      this.of = this.of.map((each) => (each >= at ? each + 1 : each));
    }
    this.of[index] = at;
  }

  counts() {
    const counts = this.names.map(() => 0);
    for (const each of this.of) counts[each] += 1;
    return counts;
  }
}

async function start() {
  let data;
  try {
    data = await request(root.dataset.source);
  } catch (problem) {
    part("status").textContent = problem.message;
    return;
  }
  const classes = new Categories(data.class_names, data.class_index, NO_CLASS);
  const splits = new Categories(data.splits, data.split_index, NO_SPLIT);
  part("status").textContent = statusOf(data);
  part("status").title = `Arranged by ${data.method}`;
  writeTable(classes, splits);
  let points;
  try {
    points = await plot(root.querySelector("canvas"), data.x, data.y);
  } catch {
    part("status").textContent =
      "This browser cannot draw the map (WebGL is missing); the table below counts the images.";
    return;
  }
  await explore(data, classes, splits, points);
  root.points = points;
  root.dataset.drawn = "";
}

function statusOf(data) {
  const words = `${formatInteger(data.images.length)} images`;
  if (data.status !== "stale") return words;
  const missing = data.image_count - data.images.length;
  return missing > 0
    ? `${words}; ${formatInteger(missing)} newer ones are not on it yet`
    : `${words}; images are compared otherwise by now`;
}

async function explore(data, classes, splits, points) {
  let by = classes;
  const hidden = new Map([
    [classes, new Set()],
    [splits, new Set()],
  ]);

  const filter = () => {
    const [noClass, noSplit] = [hidden.get(classes), hidden.get(splits)];
    if (!noClass.size && !noSplit.size) return points.show(null);
    return points.show(
      data.images
        .map((_, index) => index)
        .filter((index) => !noClass.has(classes.of[index]) && !noSplit.has(splits.of[index])),
    );
  };
  const draw = async () => {
    await points.colour(by.of, by.names.length);
    writeLegend(by, hidden.get(by), filter);
  };
  const selection = new Selection(
    root,
    { images: data.images, className: classes.nameOf, classOf: classes.valueOf },
    {
      onCleared: points.clear,
      onRelabelled: (indices, names) => {
        for (const [at, index] of indices.entries()) classes.set(index, names[at]);
        writeTable(classes, splits);
        draw();
      },
    },
  );

  root.addEventListener("points:selected", ({ detail }) => selection.show(detail.indices));
  root.addEventListener("points:over", ({ detail }) =>
    showTip(detail.index, data, classes, splits, points),
  );
  buttons("colour", (value) => {
    by = value === "split" ? splits : classes;
    return draw();
  });
  buttons("mouse", points.mouse);
  part("reset").addEventListener("click", () => points.reset());
  document.addEventListener("loupe:theme", draw);
  await draw();
}

function buttons(name, chosen) {
  const all = [...root.querySelectorAll(`[data-${name}]`)];
  for (const button of all) {
    button.addEventListener("click", () => {
      for (const each of all) each.setAttribute("aria-pressed", String(each === button));
      chosen(button.dataset[name]);
    });
  }
}

function writeLegend(by, hidden, changed) {
  const counts = by.counts();
  const items = by.names.map((name, index) => {
    if (!counts[index]) return null;
    const mark = el("span", { class: "map-ink" });
    mark.style.background = `var(${inkOf(index, by.names.length)})`;
    const button = el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(!hidden.has(index)) },
      mark,
      el("span", { text: name }),
      el("span", { class: "tabular", text: formatInteger(counts[index]) }),
    );
    button.addEventListener("click", () => {
      if (!hidden.delete(index)) hidden.add(index);
      button.setAttribute("aria-pressed", String(!hidden.has(index)));
      changed();
    });
    return el("li", {}, button);
  });
  part("legend").replaceChildren(...items.filter(Boolean));
}

function showTip(index, data, classes, splits, points) {
  const tip = part("tip");
  tip.hidden = index === null;
  if (index === null) return;
  const picture = el("img", { src: `/api/v1/images/${data.images[index]}/thumbnail/`, alt: "" });
  tip.replaceChildren(
    picture,
    el("strong", { text: classes.nameOf(index) }),
    el("span", {
      class: "quiet",
      text: splits.of[index] < splits.names.length - 1 ? splits.nameOf(index) : "",
    }),
  );
  const [left, top] = points.place(index);
  const { width, height } = tip.parentElement.getBoundingClientRect();
  tip.style.left = `${Math.min(left + 12, width - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(top + 12, height - tip.offsetHeight - 8)}px`;
}

/** The same in words and numbers, each class with the way to its images. */
function writeTable(classes, splits) {
  const used = splits
    .counts()
    .map((count, index) => [count, index])
    .filter(([count]) => count)
    .map(([, index]) => index);
  const cells = classes.names.map(() => splits.names.map(() => 0));
  for (const [index, label] of classes.of.entries()) cells[label][splits.of[index]] += 1;
  const head = el(
    "tr",
    {},
    el("th", { scope: "col", text: "Class" }),
    ...used.map((split) => el("th", { scope: "col", class: "num", text: splits.names[split] })),
    el("th", { scope: "col", class: "num", text: "Images" }),
  );
  const rows = classes.names.map((name, label) => {
    const total = cells[label].reduce((sum, count) => sum + count, 0);
    const query =
      label === classes.names.length - 1
        ? "annotated=false"
        : `class_name=${encodeURIComponent(name)}`;
    const link = el("a", { href: `${root.dataset.galleryUrl}?${query}`, text: name });
    return total
      ? el(
          "tr",
          {},
          el("th", { scope: "row" }, link),
          ...used.map((split) =>
            el("td", { class: "num", text: formatInteger(cells[label][split]) }),
          ),
          el("td", { class: "num", text: formatInteger(total) }),
        )
      : null;
  });
  const table = el(
    "table",
    { class: "table-data table-dense" },
    el("caption", { class: "visually-hidden", text: "Images on the map, by class and split" }),
    el("thead", {}, head),
    el("tbody", {}, ...rows.filter(Boolean)),
  );
  document.querySelector("[data-table]").replaceChildren(table);
}
