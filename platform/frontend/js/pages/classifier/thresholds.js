// A slider for each class: what a threshold lets through, on the validation answers of the page.

import { request } from "../../csrf.js";
import { allWithin, el, jsonOf, one } from "../../dom.js";
import { formatInteger, formatPercent } from "../../format.js";
import { complain } from "../../toast.js";
import { ClassAnswers } from "./thresholds/class-answers.js";

const NEVER = 1001;

/** @typedef {{classes: string[], thresholds: (number | null)[], truth: number[],
 *   predicted: number[], probability: number[], unknown: number[], unknown_rate: number}} Data */

class ThresholdRow {
  /**
   * @param {string} name
   * @param {number | null} threshold
   * @param {ClassAnswers} answers
   * @param {() => void} moved
   */
  constructor(name, threshold, answers, moved) {
    this.name = name;
    this.first = threshold;
    this.answers = answers;
    this.threshold = threshold;
    this.slider = el("input", {
      type: "range",
      min: "0",
      max: String(NEVER),
      step: "1",
      "aria-label": `Accepted from, ${name}`,
    });
    this.slider.addEventListener("input", () => {
      this.threshold = thresholdAt(this.slider.valueAsNumber);
      this.show();
      moved();
    });
    const cells = ["probability", "accepted", "precision", "recall"].map(() =>
      el("td", { class: "num tabular" }),
    );
    this.cells = cells;
    this.element = el("tr", {}, el("td", { text: name }), el("td", {}, this.slider), ...cells);
    this.show();
  }

  /** @param {number | null} threshold */
  move(threshold) {
    this.threshold = threshold;
    this.show();
  }

  get changed() {
    return this.threshold !== this.first;
  }

  show() {
    const { accepted, right } = this.answers.at(this.threshold);
    const { images, answered } = this.answers;
    const shown = [
      wordsOf(this.threshold),
      `${formatInteger(accepted)} of ${formatInteger(answered)}`,
      accepted ? formatPercent(right / accepted) : "–",
      images ? formatPercent(right / images) : "–",
    ];
    for (const [index, text] of shown.entries()) this.cells[index].textContent = text;
    this.slider.value = String(placeOf(this.threshold));
    this.slider.setAttribute("aria-valuetext", shown[0]);
  }
}

class ThresholdsPage {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    const answers = ClassAnswers.of(data);
    this.rows = data.classes.map(
      (name, index) =>
        new ThresholdRow(name, data.thresholds[index], answers[index], () => this.sum()),
    );
    one(root, "#rows").replaceChildren(...this.rows.map((row) => row.element));
    this.all = one(root, "#all", HTMLInputElement);
    this.all.addEventListener("input", () => this.moveAll(this.all.valueAsNumber));
    this.all.value = String(placeOf(lowest(this.rows.map((row) => row.threshold))));
    this.sayAll();
    const [keep, reset] = ["#keep", "#reset"].map((id) => root.querySelector(id));
    keep?.addEventListener("click", () => this.keep());
    reset?.addEventListener("click", () => {
      for (const row of this.rows) row.move(row.first);
      this.sum();
    });
    root.querySelector("#find")?.addEventListener("input", (event) => this.find(event));
    this.sum();
  }

  /** @param {number} place */
  moveAll(place) {
    for (const row of this.rows) row.move(thresholdAt(place));
    this.sayAll();
    this.sum();
  }

  sayAll() {
    const said = wordsOf(thresholdAt(this.all.valueAsNumber));
    one(this.root, "#all-value").textContent = said;
    this.all.setAttribute("aria-valuetext", said);
  }

  /** @param {Event} event */
  find(event) {
    const wanted = /** @type {HTMLInputElement} */ (event.target).value.toLowerCase();
    for (const { name, element } of this.rows)
      element.hidden = !name.toLowerCase().includes(wanted);
  }

  /** Shows what all thresholds together let through. */
  sum() {
    const all = this.data.truth.length;
    const unknown = this.data.unknown.reduce((sum, each) => sum + each, 0);
    let accepted = 0;
    let right = 0;
    for (const row of this.rows) {
      const found = row.answers.at(row.threshold);
      accepted += found.accepted;
      right += found.right;
    }
    /** @param {number} count */
    const share = (count) => formatPercent(all ? count / all : 0);
    one(this.root, "#sums").replaceChildren(
      stat("Accept", share(accepted), `${formatInteger(accepted)} of ${formatInteger(all)}`),
      stat("Review", share(all - accepted - unknown), formatInteger(all - accepted - unknown)),
      stat("Unknown", share(unknown), "whatever the thresholds"),
      stat(
        "Right among accepted",
        accepted ? formatPercent(right / accepted) : "–",
        `${formatInteger(accepted - right)} wrong`,
      ),
    );
    const changed = this.rows.some((row) => row.changed);
    for (const button of allWithin(this.root, "#keep, #reset", HTMLButtonElement))
      button.disabled = !changed;
  }

  async keep() {
    const thresholds = Object.fromEntries(
      this.rows.filter((row) => row.threshold !== null).map((row) => [row.name, row.threshold]),
    );
    const json = { thresholds, unknown_rate: this.data.unknown_rate };
    try {
      await request(this.root.dataset.url ?? "", { method: "PUT", json });
      location.assign(this.root.dataset.back ?? "");
    } catch (problem) {
      complain(problem);
    }
  }
}

/** @param {number} place of a slider @returns {number | null} null: never */
function thresholdAt(place) {
  return place >= NEVER ? null : place / 1000;
}

/** @param {number | null} threshold */
function placeOf(threshold) {
  return threshold === null ? NEVER : Math.round(threshold * 1000);
}

/** @param {number | null} threshold */
function wordsOf(threshold) {
  if (threshold === null) return "never";
  return threshold ? threshold.toFixed(3) : "always";
}

/** @param {(number | null)[]} thresholds @returns {number | null} */
function lowest(thresholds) {
  const found = thresholds.filter((each) => each !== null);
  return found.length ? Math.min(...found) : null;
}

/** @param {string} label @param {string} value @param {string} hint */
function stat(label, value, hint) {
  return el(
    "div",
    { class: "stat" },
    el("span", { class: "stat-label", text: label }),
    el("span", { class: "stat-value", text: value }),
    el("span", { class: "stat-hint", text: hint }),
  );
}

const page = document.getElementById("thresholds");
if (page) new ThresholdsPage(page, /** @type {Data} */ (jsonOf("thresholds-data")));
