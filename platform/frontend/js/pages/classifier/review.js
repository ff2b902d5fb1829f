// The review queue: a key answers, the next image is there at once, and the server hears of it in
// the background. What is on the screen is claimed, so that no other person has it.

import { messageOf } from "../../csrf.js";
import { around, el, isModified, jsonOf, maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { complain, toast } from "../../toast.js";
import { Classes } from "../datasets/label/classes.js";
import { Outbox } from "../datasets/label/outbox.js";
import { Claims } from "./review/claims.js";
import { ClassNames } from "./review/class-names.js";
import { endOf, suggestionOf } from "./review/words.js";

/**
 * @import { Item, Review } from "./review/claims.js"
 * @typedef {{item: Item, index: number, skipped: boolean}} Step
 */

const MOST_UNSAVED = 5;
/** @type {Record<string, string>} */
const KEYS = {
  Enter: "accept",
  ArrowLeft: "back",
  ArrowRight: "next",
  k: "keep",
  s: "skip",
  u: "undo",
};

class ReviewScreen {
  done = 0;
  /** @type {Step[]} */
  history = [];

  /** @param {HTMLElement} screen @param {Review} review */
  constructor(screen, review) {
    this.screen = screen;
    this.review = review;
    this.total = review.total;
    this.claims = new Claims(review, () => this.outbox.waiting.length);
    this.names = new ClassNames(review.classes);
    this.classes = new Classes(screen, [], (name) => this.answer(name));
    this.outbox = new Outbox(MOST_UNSAVED);
    this.outbox.addEventListener("change", () => this.showUnsaved());
    this.help = one(document, "[data-help-dialog]", HTMLDialogElement);
    this.target = one(document, "[data-target]", HTMLSelectElement);
    this.target.append(
      el("option", { value: "", text: "No dataset: an answer alone" }),
      ...review.datasets.map(({ id, name }) => el("option", { value: id, text: name })),
    );
    this.target.addEventListener("change", () => {
      this.chosen = this.target.value;
      this.showClasses();
    });
    /** @type {string | null} where answers go, once a person has said so */
    this.chosen = null;
    /** @type {Record<string, () => void>} */
    this.actions = {
      accept: () => this.accept(),
      back: () => this.go(this.claims.index - 1),
      keep: () => this.keep(),
      next: () => this.go(this.claims.index + 1),
      skip: () => this.skip(),
      undo: () => this.undo(),
    };
    screen.addEventListener("click", (event) =>
      this.actions[around(event, "[data-do]")?.dataset.do ?? ""]?.(),
    );
    document.addEventListener("keydown", (event) => this.key(event));
    this.go(0);
  }

  /** @param {string} name */
  part(name) {
    return one(document, `[data-${name}]`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (isModified(event) || around(event, "input, textarea, select, dialog")) return;
    const onControl = around(event, "a, button") !== null;
    const action = event.key === "Enter" && onControl ? undefined : KEYS[event.key];
    const name = this.classes.byKey(event.key);
    if (action) this.actions[action]();
    else if (event.key === "?") this.help.showModal();
    else if (event.key === "/") this.classes.field.focus();
    else if (name) this.answer(name);
    else return;
    event.preventDefault();
  }

  /** @param {number} index @returns {Promise<void>} */
  async go(index) {
    try {
      await this.claims.go(index);
      this.show();
    } catch (problem) {
      complain(problem, { action: { label: "Try again", run: () => this.go(index) } });
    }
  }

  async again() {
    try {
      await this.claims.again();
      this.history = [];
      this.show();
    } catch (problem) {
      complain(problem);
    }
  }

  show() {
    const item = this.claims.current;
    this.screen.classList.toggle("is-over", !item);
    this.part("stage").replaceChildren(
      item ? this.claims.picture(item) : endOf(this.claims, this.review.select, () => this.again()),
    );
    const name = one(document, "[data-name]", HTMLAnchorElement);
    name.textContent = item ? item.name : "";
    if (item?.image) name.href = `/datasets/images/${item.image}/`;
    else name.removeAttribute("href");
    this.part("suggestion").replaceChildren(...(item ? suggestionOf(item) : []));
    this.showTarget(item);
    this.showClasses();
    this.showLeft();
  }

  /** Where the image of an answer goes. @param {Item | undefined} item @returns {string} an id */
  targetOf(item) {
    if (!item || item.image) return item?.dataset ?? "";
    const usual = item.model ? this.review.learned[item.model] : undefined;
    const known = this.review.datasets.some(({ id }) => id === usual);
    return this.chosen ?? (known && usual ? usual : "");
  }

  /** @param {Item | undefined} item */
  showTarget(item) {
    this.part("target-field").hidden = !item || Boolean(item.image);
    this.target.value = this.targetOf(item);
  }

  async showClasses() {
    const item = this.claims.current;
    if (!item) return;
    const names = await this.names.of(this.targetOf(item), item);
    if (item !== this.claims.current) return;
    this.classes.reset(names);
    this.classes.highlight(item.answered ?? item.given_class);
    this.classes.suggest(item.suggested[0]?.class_name ?? null);
  }

  showLeft() {
    const left = Math.max(0, this.claims.open - this.outbox.waiting.length);
    this.part("left").textContent = `${formatInteger(left)} open`;
    const progress = one(document, "[data-progress]", HTMLProgressElement);
    progress.max = Math.max(1, this.done + left);
    progress.value = this.done;
    /** @param {string} name @param {boolean} disabled */
    const disable = (name, disabled) => {
      one(this.screen, `[data-do=${name}]`, HTMLButtonElement).disabled = disabled;
    };
    disable("undo", !this.history.length);
    for (const name of ["skip", "next"]) disable(name, !this.claims.current);
    disable("back", this.claims.index === 0);
  }

  /** @param {string} words for a screen reader */
  say(words) {
    this.part("said").textContent = words;
  }

  accept() {
    const name = this.claims.current?.suggested[0]?.class_name;
    if (name) this.answer(name);
    else this.say("Nothing is suggested.");
  }

  keep() {
    const name = this.claims.current?.given_class;
    if (name) this.answer(name);
    else this.say("It has no class that is doubted.");
  }

  /** @param {string} name of a class */
  answer(name) {
    const item = this.claims.current;
    if (!item || item.answered) return;
    const target = item.image ? "" : this.targetOf(item);
    if (item.batch && !item.image && !target) {
      toast(
        "Say first which dataset the image goes into: its answer would be lost with the batch.",
      );
      this.target.focus();
      return;
    }
    const json = target ? { class_name: name, add_to_dataset: target } : { class_name: name };
    this.decide(item, json, name);
    this.names.add(this.targetOf(item), name);
    this.say(`${name}.`);
  }

  skip() {
    const item = this.claims.current;
    if (!item || item.answered) return;
    this.decide(item, { skip: true }, null);
    this.say("Skipped.");
  }

  /** @param {Item} item @param {object} json @param {string | null} answer null: skipped */
  decide(item, json, answer) {
    if (this.outbox.full) {
      this.say("Waiting for the connection.");
      this.part("unsaved").classList.add("is-full");
      return;
    }
    this.history.push({ item, index: this.claims.index, skipped: answer === null });
    item.answered = answer;
    item.decided = true;
    if (answer !== null) this.count(1);
    this.outbox.push({
      url: this.review.answer.replace("{id}", item.id),
      method: "POST",
      json,
      refused: (problem) => this.refused(problem, item),
    });
    this.go(this.claims.index + 1);
  }

  /** @param {1 | -1} step */
  count(step) {
    this.done += step;
    this.claims.open -= step;
  }

  undo() {
    const last = this.outbox.full ? undefined : this.history.pop();
    if (!last) return;
    const { item, index, skipped } = last;
    if (!skipped) this.count(-1);
    item.answered = null;
    item.decided = false;
    this.outbox.push({
      url: this.review.undo.replace("{id}", item.id),
      method: "POST",
      json: {},
      refused: (problem) => this.refused(problem, item),
    });
    this.say(`Undone: ${item.name}.`);
    this.go(index);
  }

  /**
   * The server refused: another person was faster, or it cannot be. Never lost without a word.
   * @param {unknown} problem what was caught
   * @param {Item} item
   */
  refused(problem, item) {
    this.history = this.history.filter((entry) => entry.item !== item);
    if (item.answered) this.count(-1);
    item.answered = null;
    item.decided = false;
    toast(`${item.name} was not changed: ${messageOf(problem)}`, { error: true });
    this.show();
  }

  showUnsaved() {
    const { waiting, failures, full } = this.outbox;
    const note = this.part("unsaved");
    note.hidden = !failures && !full;
    note.classList.toggle("is-full", full && failures > 0);
    if (!failures) {
      note.textContent = `Saving ${waiting.length}…`;
      return;
    }
    const onclick = () => this.outbox.retry();
    note.replaceChildren(
      `${waiting.length} not saved yet, trying again. `,
      el("button", { type: "button", class: "btn btn-sm", text: "Try now", onclick }),
    );
  }
}

const help = maybe(document, "[data-help]");
help?.addEventListener("click", () =>
  one(document, "[data-help-dialog]", HTMLDialogElement).showModal(),
);
const screen = maybe(document, "[data-review-screen]");
if (screen) new ReviewScreen(screen, jsonOf("review-queue"));
