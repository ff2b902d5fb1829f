// "Wrong?": the picture goes into a dataset, with the class that a person says. Where the picture
// is kept it becomes feedback, too; else it is sent to the dataset from here.

import { messageOf, request } from "../../../csrf.js";
import { el, jsonOf } from "../../../dom.js";

/**
 * @import { FileResult, ImagePrediction, Page } from "../../../../types/api"
 * @import { AnswerCard } from "./card.js"
 * @typedef {{id: string, name: string, organization: string, slug: string}} Target
 * @typedef {{targets: Target[], chosen: string, payer: string, image_url: string}} Wrong
 */

const MOST_OFFERED = 500;
const PAUSE_MS = 300;

let made = 0;

/** @returns {Wrong | null} what the page says of the person's datasets */
const known = () => jsonOf("wrong");

/**
 * Says the organization, too, where there are several.
 * @param {Target} target
 * @param {Wrong} facts
 */
const nameOf = ({ name, organization, slug }, facts) =>
  facts.targets.some((each) => each.slug !== slug) ? `${name} (${organization})` : name;

/**
 * Nothing where no dataset is the person's to change.
 * @param {AnswerCard} card
 * @param {ImagePrediction} prediction
 */
export function wrong(card, prediction) {
  const facts = known();
  if (!facts?.targets.length || card.isPart) return [];
  const details = el("details", { class: "answer-wrong" });
  details.append(el("summary", { text: "Wrong? Add it to a dataset" }));
  details.addEventListener(
    "toggle",
    () => details.append(new Correction(card, prediction, facts, details).form),
    { once: true },
  );
  return [details];
}

class Correction {
  /** @type {Set<string>} those of the dataset's classes that are known here */
  classes = new Set();
  /** @type {Set<string>} names that the dataset was asked for, one by one */
  asked = new Set();
  isWhole = false; // Whether these are all of its classes.
  told = ""; // The new class that the form announces.
  pause = 0;
  offered = Promise.resolve();

  /**
   * @param {AnswerCard} card
   * @param {ImagePrediction} prediction
   * @param {Wrong} facts
   * @param {HTMLElement} place
   */
  constructor(card, prediction, facts, place) {
    made += 1;
    this.card = card;
    this.prediction = prediction;
    this.facts = facts;
    this.place = place;
    this.names = el("datalist", { id: `wrong-classes-${made}` });
    this.input = el("input", {
      class: "input",
      list: this.names.id,
      maxlength: 120,
      required: true,
      autocomplete: "off",
      oninput: () => this.type(),
    });
    this.select = el(
      "select",
      { class: "input", onchange: () => this.choose() },
      ...facts.targets.map((each) => el("option", { value: each.id, text: nameOf(each, facts) })),
    );
    if (facts.targets.some(({ id }) => id === facts.chosen)) this.select.value = facts.chosen;
    this.what = el("p", { class: "quiet" });
    this.fresh = el("p", { role: "status", hidden: true });
    this.problem = el("p", { class: "answer-why", role: "alert", hidden: true });
    this.button = el("button", { class: "btn btn-sm btn-primary", type: "submit", text: "Add it" });
    this.form = el(
      "form",
      { "data-repeatable": true, onsubmit: (event) => this.send(event) },
      el("label", {}, "True class ", this.input),
      el("label", {}, "Dataset ", this.select),
      this.names,
      this.what,
      this.fresh,
      this.problem,
      this.button,
    );
    this.choose();
  }

  get target() {
    const found = this.facts.targets.find(({ id }) => id === this.select.value);
    return found ?? this.facts.targets[0];
  }

  /** Whether it becomes feedback: the picture stays with the organization that asked. */
  get isFeedback() {
    const { kept, id } = this.prediction;
    return Boolean(kept && id) && this.target.slug === this.facts.payer;
  }

  /** Says what becomes of the picture, and offers the dataset's classes. */
  choose() {
    const { id, name, organization } = this.target;
    const seen = `${organization} keeps it there, without its metadata, and its members see it.`;
    this.what.textContent = this.isFeedback
      ? `The picture is added to ${name}, and the answer gets this feedback. ${seen}`
      : `The picture is sent to ${name}. ${seen}`;
    this.classes = new Set();
    this.asked = new Set();
    this.isWhole = false;
    this.announce();
    this.offered = this.offer(id);
    this.askSoon();
  }

  /** What is typed is announced at once where it is known, else when the dataset was asked. */
  type() {
    this.announce();
    this.askSoon();
  }

  askSoon() {
    clearTimeout(this.pause);
    this.pause = window.setTimeout(async () => {
      await this.offered;
      // It is asked again when the form is sent.
      await this.ask().catch(() => {});
    }, PAUSE_MS);
  }

  /** Whether it is known that the dataset has this class, or lacks it. @param {string} name */
  isKnown(name) {
    return this.isWhole || this.classes.has(name) || this.asked.has(name);
  }

  /** Asks the dataset for the name that is typed: it may have more classes than are offered. */
  async ask() {
    const { id } = this.target;
    const name = this.input.value.trim();
    if (!name || this.isKnown(name)) return;
    /** @type {Page<{name: string}>} */
    const page = await request(
      `/api/v1/datasets/${id}/classes/?name=${encodeURIComponent(name)}&page_size=${MOST_OFFERED}`,
    );
    if (id !== this.target.id) return;
    for (const each of page.results) this.classes.add(each.name);
    this.asked.add(name);
    this.announce();
  }

  /** @param {string} id of a dataset */
  async offer(id) {
    try {
      /** @type {Page<{name: string}>} */
      const page = await request(`/api/v1/datasets/${id}/classes/?page_size=${MOST_OFFERED}`);
      if (id !== this.target.id) return;
      const names = page.results.map(({ name }) => name);
      this.names.replaceChildren(...names.map((value) => el("option", { value })));
      this.classes = new Set([...this.classes, ...names]);
      this.isWhole = !page.next;
      this.announce();
    } catch {
      // The classes are an offer; a name can be written without.
    }
  }

  /** A class that the dataset lacks is announced, and the button says that it is created. */
  announce() {
    const typed = this.input.value.trim();
    const isNew = Boolean(typed && this.isKnown(typed) && !this.classes.has(typed));
    const lower = typed.toLowerCase();
    const alike = [...this.classes].find((name) => name.toLowerCase() === lower);
    const instead = alike ? `, but “${alike}”` : "";
    this.told = isNew ? typed : "";
    this.fresh.hidden = !isNew;
    this.fresh.textContent = isNew
      ? `${this.target.name} has no class “${typed}”${instead}. It will be created.`
      : "";
    this.button.textContent = isNew ? "Create the class and add it" : "Add it";
  }

  /** Whether a class is created that the person was not told of when the form was sent. */
  async isSurprising() {
    const { told } = this;
    await this.offered;
    await this.ask();
    this.announce();
    return this.told !== told;
  }

  /** @param {Event} event */
  async send(event) {
    event.preventDefault();
    this.input.value = this.input.value.trim();
    if (!this.form.reportValidity()) return;
    this.problem.hidden = true;
    this.button.classList.add("is-busy");
    try {
      if (await this.isSurprising()) return;
      const said = this.isFeedback ? await this.feedback() : await this.upload();
      this.place.replaceChildren(el("summary", { text: "Wrong? Add it to a dataset" }), said);
    } catch (problem) {
      this.problem.textContent = messageOf(problem);
      this.problem.hidden = false;
    } finally {
      this.button.classList.remove("is-busy");
    }
  }

  async feedback() {
    const class_name = this.input.value;
    const answer = await request(`/api/v1/predictions/${this.prediction.id}/feedback/`, {
      method: "POST",
      json: { class_name, add_to_dataset: this.target.id },
    });
    return this.added(answer.images?.[0], `It is in ${this.target.name} as “${class_name}”.`);
  }

  async upload() {
    const { file } = this.card;
    const body = new FormData();
    body.append("images", file, file.name);
    body.append("class_name", this.input.value);
    const { id, name } = this.target;
    /** @type {{results: (FileResult & {id?: string})[]}} */
    const { results } = await request(`/api/v1/datasets/${id}/images/`, { method: "POST", body });
    const [result] = results;
    if (result.status >= 400) throw new Error(result.detail);
    const known = `${name} had this picture already. Its class there was not changed.`;
    const words = result.status === 200 ? known : `It is in ${name} as “${this.input.value}”.`;
    return this.added(result.id, words);
  }

  /** @param {string | undefined} image @param {string} words */
  added(image, words) {
    const said = el("p", { role: "status" }, `${words} `);
    const href = this.facts.image_url.replace("00000000-0000-0000-0000-000000000000", image ?? "");
    if (image) said.append(el("a", { class: "in-text", href, text: "Look at it" }));
    return said;
  }
}
