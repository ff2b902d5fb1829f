// What became of an image that was asked about, or of several pictures of one thing.

import { showProbabilities } from "../../../charts/probabilities.js";
import { el, icon } from "../../../dom.js";
import { formatBytes } from "../../../format.js";
import { heat } from "./heat.js";
import { judged, nearest } from "./judged.js";
import { known } from "./known.js";
import { wrong } from "./wrong.js";

/** @import { ImagePrediction } from "../../../../types/api" */

const SMALL_SIDE = 64;

/** A card with a name and a picture, and a body that says what is known by now. */
class Card {
  isPart = false; // Of several pictures of one thing, whose card says what is known of its class.
  /** @type {number | null} the probability of the answer; null without one */
  confidence = null;

  /** @param {string} name @param {HTMLElement} picture @param {string} [kind] of class */
  constructor(name, picture, kind = "") {
    this.name = name;
    this.body = el("div", { class: "answer-body" });
    this.latency = el("span", { class: "answer-latency quiet tabular" });
    const title = el("strong", { class: "answer-name", text: name, title: name });
    const head = el("div", { class: "answer-head" }, title, this.latency, this.opener());
    const text = el("div", { class: "answer-text" }, head, this.body);
    this.element = el("li", { class: `answer-card ${kind}`.trim() }, picture, text);
  }

  /** In a grid, a card shows the rest of its answer on request. */
  opener() {
    const button = el("button", {
      class: "btn btn-sm btn-icon btn-ghost answer-open",
      type: "button",
      "aria-expanded": "false",
      "aria-label": `All about ${this.name}`,
    });
    button.append(icon("arrows-maximize"));
    button.addEventListener("click", () => {
      const open = this.element.classList.toggle("is-open");
      button.setAttribute("aria-expanded", String(open));
    });
    return button;
  }

  /** Show that there is no answer yet, and why. @param {string} text */
  wait(text) {
    this.element.classList.remove("is-failed");
    this.element.setAttribute("aria-busy", "true");
    this.confidence = null;
    this.latency.textContent = "";
    this.body.replaceChildren(el("p", { class: "quiet answer-pending", text }));
  }

  /**
   * @param {ImagePrediction} prediction
   * @param {number} milliseconds what the model took for it
   * @param {string} explained how that is counted
   */
  show(prediction, milliseconds, explained) {
    this.element.removeAttribute("aria-busy");
    this.confidence = prediction.classes[0]?.probability ?? null;
    const list = el("ol", {
      class: "bar-list",
      "aria-label": `Classes of ${this.name} by probability`,
    });
    showProbabilities(list, prediction.classes);
    this.body.replaceChildren(
      ...judged(prediction),
      list,
      ...(this.isPart ? [] : known(prediction)),
      ...nearest(prediction),
    );
    const took = milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds);
    this.latency.textContent = `${took} ms`;
    this.latency.title = explained;
  }

  /** Say why it is not asked; it did not fail. @param {string} text */
  rest(text) {
    this.element.removeAttribute("aria-busy");
    this.body.replaceChildren(el("p", { class: "quiet", text }));
  }

  /** @param {string} reason a sentence for people */
  fail(reason) {
    this.element.removeAttribute("aria-busy");
    this.element.classList.add("is-failed");
    this.body.replaceChildren(
      el("p", { class: "answer-why" }, icon("alert-triangle"), el("span", { text: reason })),
    );
  }
}

/** One image: its picture, its name, and what became of it. */
export class AnswerCard extends Card {
  /** @param {File} file */
  constructor(file) {
    const url = URL.createObjectURL(file);
    super(file.name, pictureOf(url));
    this.file = file;
    this.url = url;
    this.unanswered = false;
  }

  /** @param {string} text */
  wait(text) {
    this.unanswered = false;
    super.wait(text);
  }

  /**
   * @param {ImagePrediction} prediction
   * @param {number} milliseconds
   * @param {string} explained
   * @param {string} [kept] id of the prediction of the thing that it is a picture of
   */
  show(prediction, milliseconds, explained, kept) {
    super.show(prediction, milliseconds, explained);
    this.body.append(...heat(this, prediction.id ?? kept), ...wrong(this, prediction));
  }

  /** @param {string} reason */
  fail(reason) {
    super.fail(reason);
    const size = `${formatBytes(this.file.size)}${this.file.type ? `, ${this.file.type}` : ""}`;
    this.body.append(el("p", { class: "quiet answer-size", text: size }));
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

/** Several pictures of one thing: the one answer to all of them. */
export class ThingCard extends Card {
  /** @param {AnswerCard[]} cards those of its pictures */
  constructor(cards) {
    const small = cards.map(({ url }) => pictureOf(url, "thing-picture"));
    const pictures = el("div", { class: "thing-pictures" }, ...small);
    const count = `${cards.length} ${cards.length === 1 ? "picture" : "pictures"}`;
    super(`${count} of one thing`, pictures, "is-thing");
  }
}

/** @param {string} url of the file @param {string} [kind] its class */
function pictureOf(url, kind = "answer-picture") {
  const image = el("img", { class: kind, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("load", () =>
    image.classList.toggle("is-small", image.naturalWidth <= SMALL_SIDE),
  );
  image.addEventListener("error", () =>
    image.replaceWith(el("span", { class: `${kind} answer-no-picture` }, icon("photo-off"))),
  );
  image.src = url;
  return image;
}
