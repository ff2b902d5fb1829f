// The Playground: images to models/{id}/predict/, one card for each, and what a camera sees. A
// model that is being prepared is asked again.

import { codeOf, Problem, request } from "../../csrf.js";
import { allWithin, one } from "../../dom.js";
import { batchesOf } from "./playground/batches.js";
import { AnswerCard, ThingCard } from "./playground/card.js";
import { AnswerList, bringIntoView } from "./playground/list.js";
import { MoreBox } from "./playground/more.js";
import { showProblem } from "./playground/problem.js";
import { Webcam } from "./playground/webcam.js";

/** @import { ImagePrediction, PredictAnswer } from "../../../types/api" */

const ASK_AGAIN_SECONDS = 5;

class Playground {
  /** @type {AnswerCard[]} */
  cards = [];
  /** @type {ThingCard | null} the one answer to all cards, where they are pictures of one thing */
  thing = null;
  waiting = false; // Whether the next picture is another of the same thing.
  asked = 0; // A newer question makes the answers to older ones late.

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.limits = {
      images: Number(root.dataset.maxImages),
      imageBytes: Number(root.dataset.maxImageBytes),
      totalBytes: Number(root.dataset.maxTotalBytes),
    };
    this.samples = allWithin(root, "[data-sample]");
    this.list = new AnswerList();
    new Webcam(root.dataset.predictUrl ?? "", this);
    this.more = new MoreBox({
      add: () => this.waitForMore(),
      together: () => this.askTogether([]),
      begin: () => this.beginAgain(),
    });
    const form = one(document, "#model-form", HTMLFormElement);
    this.part("model").addEventListener("change", () => form.submit());
    this.part("drop").addEventListener("files", (event) => {
      event.preventDefault();
      this.press(null);
      this.take(event.detail.entries.map((entry) => entry.file));
    });
    for (const button of this.samples)
      button.addEventListener("click", () => this.askSample(button));
    this.part("again").addEventListener("click", () =>
      this.run(this.thing ? this.cards : this.cards.filter((card) => card.unanswered)),
    );
  }

  /** @param {string} id */
  part(id) {
    return one(document, `#${id}`);
  }

  /** @param {string} text what is said above the answers */
  sum(text) {
    this.part("answer-summary").textContent = text;
  }

  /** @param {HTMLElement | null} chosen */
  press(chosen) {
    for (const button of this.samples)
      button.setAttribute("aria-pressed", String(button === chosen));
  }

  /** @param {HTMLElement} button */
  async askSample(button) {
    this.press(button);
    const { sample = "", name = "" } = button.dataset;
    const answer = await fetch(sample, { credentials: "same-origin" });
    if (!answer.ok) {
      const { status } = answer;
      const detail = `The server answered ${status}.`;
      return this.complain(new Problem({ status, title: "The image could not be read", detail }));
    }
    const blob = await answer.blob();
    return this.take([new File([blob], name, { type: blob.type })]);
  }

  /** As a question of their own, or as further pictures of the thing. @param {File[]} files */
  take(files) {
    return this.waiting ? this.askTogether(files) : this.ask(files);
  }

  /** @param {File[]} files */
  ask(files) {
    this.clear();
    this.cards = files.map((file) => new AnswerCard(file));
    this.showCards();
    return this.run(this.cards);
  }

  /** All pictures there are, and these, are of one thing. @param {File[]} files */
  askTogether(files) {
    this.waiting = false;
    const [failed, read] = [true, false].map((left) =>
      this.cards.filter((card) => card.element.matches(".is-failed") === left),
    );
    for (const card of failed) card.discard();
    this.cards = [...read, ...files.map((file) => new AnswerCard(file))];
    for (const card of this.cards) card.isPart = true;
    this.thing = new ThingCard(this.cards);
    this.showCards();
    return this.run(this.cards);
  }

  waitForMore() {
    this.waiting = true;
    this.more.ask("waiting", this.cards.length);
    one(document, "#drop input[type=file]", HTMLInputElement).click();
  }

  clear() {
    for (const card of this.cards) card.discard();
    this.cards = [];
    this.thing = null;
    this.waiting = false;
    this.more.hide();
  }

  beginAgain() {
    this.asked += 1;
    this.clear();
    this.press(null);
    this.list.clear();
    this.part("problem").hidden = true;
    this.part("nothing-asked").hidden = false;
    this.sum("");
  }

  /** Asks about some of the cards, as many requests as it takes. @param {AnswerCard[]} chosen */
  async run(chosen) {
    this.asked += 1;
    const turn = this.asked;
    this.part("problem").hidden = true;
    this.part("again").hidden = true;
    this.more.hide();
    this.sum(`Asking about ${chosen.length} ${chosen.length === 1 ? "image" : "images"}`);
    for (const card of this.withThing(chosen)) card.wait("Waiting for its turn…");
    const cardOf = new Map(chosen.map((card) => [card.file, card]));
    const { batches, tooLarge } = batchesOf([...cardOf.keys()], this.limits);
    for (const [file, reason] of tooLarge) cardOf.get(file)?.fail(reason);
    if (this.thing && (tooLarge.size || batches.length > 1))
      return this.tooMuch(chosen, tooLarge.size);
    const began = performance.now();
    let done = tooLarge.size;
    for (const files of batches) {
      this.list.progress(done, chosen.length);
      const batch = files.flatMap((file) => cardOf.get(file) ?? []);
      if (!(await this.askBatch(batch, turn))) break;
      done += batch.length;
    }
    if (turn !== this.asked) return;
    this.list.progress(chosen.length, chosen.length);
    if (done < chosen.length) return;
    this.summarize(performance.now() - began);
  }

  /**
   * Answers the cards of one request.
   * @param {AnswerCard[]} batch
   * @param {number} turn
   * @returns {Promise<boolean>} false when nothing more is to be asked
   */
  async askBatch(batch, turn) {
    for (const card of this.withThing(batch)) card.wait("Asking the model…");
    const form = new FormData();
    for (const { file } of batch) form.append("images", file, file.name);
    const { coverage, evidence } = this.root.dataset;
    if (coverage) form.append("coverage", coverage);
    if (evidence) form.append("evidence", evidence);
    if (this.thing) form.append("combine", "true");
    const url = this.root.dataset.predictUrl ?? "";
    try {
      const answer = await request(url, { method: "POST", body: form });
      if (turn !== this.asked) return false;
      this.part("problem").hidden = true;
      this.showAnswers(batch, answer);
      return true;
    } catch (problem) {
      if (turn !== this.asked) return false;
      this.complain(problem);
      if (codeOf(problem) === "preparing") return this.askAgain(batch, turn);
      this.noAnswer();
      return false;
    }
  }

  /** @param {AnswerCard[]} batch @param {number} turn @returns {Promise<boolean>} */
  async askAgain(batch, turn) {
    for (const card of this.withThing(batch)) card.wait("Waiting for the model…");
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_SECONDS * 1000));
    return turn === this.asked && this.askBatch(batch, turn);
  }

  showCards() {
    this.list.show(this.cards, this.thing);
    this.part("nothing-asked").hidden = true;
    this.root.classList.add("has-asked");
    bringIntoView(this.part("answer"));
  }

  /** These cards, after that of the thing they are of. @param {AnswerCard[]} cards */
  withThing(cards) {
    return this.thing ? [this.thing, ...cards] : cards;
  }

  /** @param {AnswerCard[]} batch @param {PredictAnswer} answer */
  showAnswers(batch, { predictions: entries, timing, version }) {
    const predictions = this.thing ? (entries[0].each ?? []) : entries;
    const read = predictions.filter((prediction) => prediction.status === 200).length;
    const milliseconds = (timing.decode_ms + timing.inference_ms) / Math.max(1, read);
    const what = read > 1 ? `an average over the ${read} images of this request` : "for this image";
    const waited = `it waited ${timing.queue_ms.toFixed(1)} ms for a worker`;
    const explained = `Decoding and model, ${what}; ${waited}.`;
    for (const [index, prediction] of predictions.entries()) {
      const kept = entries[0].id;
      if (prediction.status === 200) batch[index].show(prediction, milliseconds, explained, kept);
      else batch[index].fail(prediction.detail);
    }
    const whole = timing.decode_ms + timing.inference_ms;
    if (this.thing && entries[0].status === 200)
      this.thing.show(entries[0], whole, `Decoding and model, for all pictures; ${waited}.`);
    else this.thing?.fail(entries[0].detail);
    this.offerMore(entries[0], batch.length);
    const { modelName } = this.root.dataset;
    const fast = timing.precision === "int8" ? ", in fast mode" : "";
    this.part("answered-by").textContent = `${modelName}, version ${version}${fast}`;
  }

  /** @param {ImagePrediction} entry the first of the answer @param {number} asked images in it */
  offerMore({ status, decision }, asked) {
    const count = this.cards.length;
    const full = count >= this.limits.images;
    if (this.thing && status !== 200) this.more.ask("unread", count);
    else if (this.thing && full) this.more.ask("full", count);
    else if (this.thing && decision === "unknown") this.more.ask("unknown", count);
    else if (this.thing && decision !== "review") this.more.ask("sure", count);
    else if (this.thing || (count === 1 && decision === "review")) this.more.ask("unsure", count);
    // All of them in one request, and none that would have to be left out.
    else if (count > 1 && asked === count && !this.failed) this.more.ask("several", count);
  }

  /** How many images have no answer. */
  get failed() {
    return this.cards.filter((card) => card.element.matches(".is-failed")).length;
  }

  /** @param {AnswerCard[]} chosen all pictures of the thing @param {number} tooLarge of these */
  tooMuch(chosen, tooLarge) {
    const { images, totalBytes } = this.limits;
    const most = `${images} images and ${Math.round(totalBytes / 2 ** 20)} MiB`;
    this.thing?.fail(`All pictures of one thing go into one request, of up to ${most}.`);
    for (const card of chosen)
      if (card.element.hasAttribute("aria-busy")) card.rest("Not asked, as said above.");
    this.sum("No answer");
    this.more.ask(tooLarge ? "unread" : "large", chosen.length);
  }

  noAnswer() {
    const all = this.cards.length;
    const waiting = this.cards.filter((card) => card.element.hasAttribute("aria-busy"));
    for (const card of waiting) card.giveUp("No answer: the request failed, as said above.");
    this.thing?.fail("No answer: the request failed, as said above.");
    this.part("again").hidden = !waiting.length;
    this.sum(`No answer for ${waiting.length} of ${all} ${all === 1 ? "image" : "images"}`);
  }

  /** @param {number} milliseconds that all of it took */
  summarize(milliseconds) {
    const { failed } = this;
    const answered = this.cards.length - failed;
    const answer = this.thing?.element.matches(".is-failed") ? "No" : "1";
    const count = this.thing
      ? `${answer} answer from ${this.cards.length} pictures`
      : `${answered} ${answered === 1 ? "answer" : "answers"}`;
    const unread = failed ? `, ${failed} could not be read` : "";
    this.sum(`${count} in ${Math.round(milliseconds)} ms${unread}`);
  }

  /** @param {unknown} problem what was caught */
  complain(problem) {
    showProblem(this.part("problem"), problem);
    this.part("nothing-asked").hidden = true;
  }
}

const page = document.getElementById("playground");
if (page) new Playground(page);
