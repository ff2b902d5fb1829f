// One image that was asked about: its picture, its name, and what became of it.

import { showProbabilities } from "../../../charts/probabilities.js";
import { el, icon } from "../../../dom.js";
import { formatBytes } from "../../../format.js";
import { judged, nearest } from "./judged.js";

/** @import { ImagePrediction } from "../../../../types/api" */

const SMALL_SIDE = 64;

export class AnswerCard {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.url = URL.createObjectURL(file);
    this.body = el("div", { class: "answer-body" });
    this.latency = el("span", { class: "answer-latency quiet tabular" });
    this.element = el(
      "li",
      { class: "answer-card" },
      this.picture(),
      el(
        "div",
        { class: "answer-text" },
        el(
          "div",
          { class: "answer-head" },
          el("strong", { class: "answer-name", text: file.name, title: file.name }),
          this.latency,
        ),
        this.body,
      ),
    );
    this.unanswered = false;
  }

  picture() {
    const image = el("img", { class: "answer-picture", alt: "" });
    image.addEventListener("load", () =>
      image.classList.toggle("is-small", image.naturalWidth <= SMALL_SIDE),
    );
    image.addEventListener("error", () =>
      image.replaceWith(
        el("span", { class: "answer-picture answer-no-picture" }, icon("photo-off")),
      ),
    );
    image.src = this.url;
    return image;
  }

  /** Show that there is no answer yet, and why. @param {string} text */
  wait(text) {
    this.unanswered = false;
    this.element.classList.remove("is-failed");
    this.element.setAttribute("aria-busy", "true");
    this.body.replaceChildren(el("p", { class: "quiet answer-pending", text }));
  }

  /**
   * @param {ImagePrediction} prediction
   * @param {number} milliseconds what the model took for it
   * @param {string} explained how that is counted
   */
  show(prediction, milliseconds, explained) {
    this.element.removeAttribute("aria-busy");
    const list = el("ol", {
      class: "bar-list",
      "aria-label": `Classes of ${this.file.name} by probability`,
    });
    showProbabilities(list, prediction.classes);
    this.body.replaceChildren(...judged(prediction), list, ...nearest(prediction));
    const took = milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds);
    this.latency.textContent = `${took} ms`;
    this.latency.title = explained;
  }

  /** @param {string} reason a sentence for people */
  fail(reason) {
    this.element.removeAttribute("aria-busy");
    this.element.classList.add("is-failed");
    const size = `${formatBytes(this.file.size)}${this.file.type ? `, ${this.file.type}` : ""}`;
    this.body.replaceChildren(
      el("p", { class: "answer-why" }, icon("alert-triangle"), el("span", { text: reason })),
      el("p", { class: "quiet answer-size", text: size }),
    );
  }

  /** As `fail`, but it may be asked again. @param {string} reason */
  giveUp(reason) {
    this.fail(reason);
    this.unanswered = true;
  }

  /** Give the picture's memory back. */
  discard() {
    URL.revokeObjectURL(this.url);
  }
}
