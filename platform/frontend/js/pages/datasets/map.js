// The map of a dataset: points from the API, a legend that hides and shows, a tip on hover, the
// selection beside.

import { messageOf, request } from "../../csrf.js";
import { allWithin, around, el, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { Categories } from "../../map/categories.js";
import { inkOf, plot } from "../../map/plot.js";
import { Selection } from "../../map/selection.js";
import { toast } from "../../toast.js";

/**
 * @import { DatasetMap } from "../../../types/api"
 * @import { Plot } from "../../map/plot.js"
 */

const NO_CLASS = "Not labelled";
const NO_SPLIT = "No split";

/** @param {DatasetMap} data */
function wordsOn(data) {
  const shown = formatInteger(data.images.length);
  const { sample_of: all, created_at: made } = data;
  if (all) {
    const day = new Date(made).toLocaleDateString("en-GB", { dateStyle: "long" });
    const words = `A random sample: ${shown} of the ${formatInteger(all)} images of ${day}`;
    return data.status === "stale" ? `${words}; images or their vectors changed since` : words;
  }
  const words = `${shown} images`;
  if (data.status !== "stale") return words;
  const missing = data.image_count - data.images.length;
  return missing > 0
    ? `${words}; ${formatInteger(missing)} newer ones are not on it yet`
    : `${words}; images are compared otherwise by now`;
}

class DatasetMapPage {
  /**
   * @param {HTMLElement} root
   * @param {string[]} images ids
   * @param {{classes: Categories, splits: Categories}} categories of the images
   * @param {Plot} points
   */
  constructor(root, images, { classes, splits }, points) {
    this.root = root;
    this.images = images;
    this.classes = classes;
    this.splits = splits;
    this.points = points;
    this.by = classes;
    /** @type {Set<number>} */
    this.hiddenClasses = new Set();
    /** @type {Set<number>} */
    this.hiddenSplits = new Set();
    this.selection = new Selection(
      root,
      { images, className: classes.nameOf, classOf: classes.valueOf },
      {
        onCleared: () => points.clear(),
        onRelabelled: (indices, names) => this.relabelled(indices, names),
      },
    );
  }

  /** @param {string} name */
  part(name) {
    return one(this.root, `[data-${name}]`);
  }

  async start() {
    const { root, points } = this;
    root.addEventListener("points:selected", ({ detail }) => this.selection.show(detail.indices));
    root.addEventListener("points:over", ({ detail }) => this.showTip(detail.index));
    this.buttons("colour", (value) => {
      this.by = value === "split" ? this.splits : this.classes;
      this.draw();
    });
    this.buttons("mouse", (value) => points.mouse(value === "lasso" ? "lasso" : "panZoom"));
    this.part("reset").addEventListener("click", () => points.reset());
    document.addEventListener("loupe:theme", () => this.draw());
    await this.draw();
  }

  async draw() {
    await this.points.colour(this.by.of, this.by.names.length);
    this.writeLegend();
  }

  /** Shows the points of no hidden class and no hidden split. */
  filter() {
    const { classes, splits, hiddenClasses, hiddenSplits } = this;
    if (!hiddenClasses.size && !hiddenSplits.size) return this.points.show(null);
    const shown = this.images
      .map((_, index) => index)
      .filter((at) => !hiddenClasses.has(classes.of[at]) && !hiddenSplits.has(splits.of[at]));
    return this.points.show(shown);
  }

  /** @param {number[]} indices @param {(string | null)[]} names */
  relabelled(indices, names) {
    for (const [at, index] of indices.entries()) this.classes.set(index, names[at]);
    writeTable(this.root, this.classes, this.splits);
    this.draw();
  }

  /**
   * Buttons of which one is pressed.
   * @param {string} name
   * @param {(value: string) => void} chosen
   */
  buttons(name, chosen) {
    const all = allWithin(this.root, `[data-${name}]`);
    for (const button of all) {
      button.addEventListener("click", () => {
        for (const each of all) each.setAttribute("aria-pressed", String(each === button));
        chosen(button.dataset[name] ?? "");
      });
    }
  }

  writeLegend() {
    const counts = this.by.counts();
    const used = counts.map((count, index) => (count ? index : -1)).filter((index) => index >= 0);
    this.part("legend").replaceChildren(...used.map((index) => this.chip(index, counts[index])));
  }

  /** @param {number} index of a category @param {number} count of its points */
  chip(index, count) {
    const hidden = this.by === this.splits ? this.hiddenSplits : this.hiddenClasses;
    const mark = el("span", { class: "map-ink" });
    mark.style.background = `var(${inkOf(index, this.by.names.length)})`;
    const button = el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(!hidden.has(index)) },
      mark,
      el("span", { text: this.by.names[index] }),
      el("span", { class: "tabular", text: formatInteger(count) }),
    );
    button.addEventListener("click", () => {
      if (!hidden.delete(index)) hidden.add(index);
      button.setAttribute("aria-pressed", String(!hidden.has(index)));
      this.filter();
    });
    return el("li", {}, button);
  }

  /** @param {number | null} index of the point under the pointer */
  showTip(index) {
    const tip = this.part("tip");
    const place = index === null ? undefined : this.points.place(index);
    tip.hidden = !place;
    if (index === null || !place) return;
    const { classes, splits } = this;
    const src = `/api/v1/images/${this.images[index]}/thumbnail/`;
    const split = splits.valueOf(index) ?? "";
    tip.replaceChildren(
      el("img", { src, alt: "" }),
      el("strong", { text: classes.nameOf(index) }),
      el("span", { class: "quiet", text: split }),
    );
    const [left, top] = place;
    const { width, height } = (tip.parentElement ?? this.root).getBoundingClientRect();
    tip.style.left = `${Math.min(left + 12, width - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(top + 12, height - tip.offsetHeight - 8)}px`;
  }
}

/** A cell of numbers. @param {number} count */
const numberCell = (count) => el("td", { class: "num", text: formatInteger(count) });

/**
 * The same in words and numbers, each class with the way to its images.
 * @param {HTMLElement} root
 * @param {Categories} classes
 * @param {Categories} splits
 */
function writeTable(root, classes, splits) {
  const inUse = splits.counts();
  const used = [...splits.names.keys()].filter((index) => inUse[index]);
  const cells = classes.names.map(() => splits.names.map(() => 0));
  for (const [index, label] of classes.of.entries()) cells[label][splits.of[index]] += 1;
  const head = el(
    "tr",
    {},
    el("th", { scope: "col", text: "Class" }),
    ...used.map((split) => el("th", { scope: "col", class: "num", text: splits.names[split] })),
    el("th", { scope: "col", class: "num", text: "Images" }),
  );
  const totals = classes.counts();
  const labels = [...classes.names.keys()].filter((label) => totals[label]);
  const rows = labels.map((label) => {
    const name = classes.names[label];
    const isNone = label === classes.names.length - 1;
    const query = isNone ? "annotated=false" : `class_name=${encodeURIComponent(name)}`;
    const link = el("a", { href: `${root.dataset.galleryUrl}?${query}`, text: name });
    const numbers = used.map((split) => numberCell(cells[label][split]));
    return el("tr", {}, el("th", { scope: "row" }, link), ...numbers, numberCell(totals[label]));
  });
  const table = el(
    "table",
    { class: "table-data table-dense" },
    el("caption", { class: "visually-hidden", text: "Images on the map, by class and split" }),
    el("thead", {}, head),
    el("tbody", {}, ...rows),
  );
  one(document, "[data-table]").replaceChildren(table);
}

/** @param {HTMLElement} root */
async function start(root) {
  const status = one(root, "[data-status]");
  /** @type {DatasetMap} */
  let data;
  try {
    data = await request(root.dataset.source ?? "");
  } catch (problem) {
    status.textContent = messageOf(problem);
    return;
  }
  status.textContent = wordsOn(data);
  status.title = `Arranged by ${data.method}`;
  const classes = new Categories(data.class_names, data.class_index, NO_CLASS);
  const splits = new Categories(data.splits, data.split_index, NO_SPLIT);
  writeTable(root, classes, splits);
  let points;
  try {
    points = await plot(one(root, "canvas", HTMLCanvasElement), data.x, data.y);
  } catch {
    status.textContent =
      "This browser cannot draw the map (WebGL is missing); the table below counts the images.";
    return;
  }
  await new DatasetMapPage(root, data.images, { classes, splits }, points).start();
  Object.assign(root, { points });
  root.dataset.drawn = "";
}

const root = document.getElementById("map");
document.addEventListener("job:ended", (event) => {
  // Embeddings that end while a person works on a map leave it as it is.
  if (!root || around(event, "[data-map-job]")) return location.reload();
  return toast("The embeddings are ready: compute the map again to use them.");
});
if (root) start(root);
