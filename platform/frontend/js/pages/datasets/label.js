// The labelling screen: a key labels, the next image is there at once, and the server hears of it
// in the background.

import { codeOf, messageOf, request } from "../../csrf.js";
import { around, el, isModified, jsonOf, maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { complain, toast } from "../../toast.js";
import { Classes } from "./label/classes.js";
import { conflictOf, endOf } from "./label/notices.js";
import { Outbox } from "./label/outbox.js";
import { Queue } from "./label/queue.js";
import { Suggestions } from "./label/suggestions.js";

/**
 * @import { Image as ApiImage } from "../../../types/api"
 * @import { Item } from "./label/queue.js"
 *
 * @typedef {object} Labelling what the page knows
 * @property {string} queue the address of its first page
 * @property {string} model the address of the instant model
 * @property {string} dataset the address of the dataset in the API
 * @property {number} total
 * @property {string[]} classes
 * @property {boolean} unlabelled whether only images without a class are in it
 *
 * @typedef {{class_name: string | null} | {excluded: boolean}} Before what an image was
 * @typedef {{item: Item, index: number, before: Before, wasDecided: boolean}} Step
 * @typedef {{keep: () => void, override: () => void}} Conflict
 */

const MOST_UNSAVED = 5;
/** @type {Record<string, string>} */
const KEYS = {
  Enter: "accept",
  ArrowLeft: "back",
  ArrowRight: "next",
  s: "skip",
  x: "exclude",
  u: "undo",
};

class LabelScreen {
  done = 0;
  /** @type {Step[]} */
  history = [];
  /** @type {Conflict[]} */
  conflicts = [];

  /** @param {HTMLElement} screen @param {Labelling} labelling */
  constructor(screen, { queue, model, dataset, total, classes, unlabelled }) {
    this.screen = screen;
    this.total = total;
    this.unlabelled = unlabelled;
    this.queue = new Queue(queue);
    this.classes = new Classes(screen, classes, (name) => this.label(name));
    this.suggestions = new Suggestions(
      { model, dataset },
      this.queue,
      this.part("suggestion"),
      () => this.showSuggestion(),
    );
    this.outbox = new Outbox(MOST_UNSAVED);
    this.outbox.addEventListener("change", () => this.showUnsaved());
    this.help = one(document, "[data-help-dialog]", HTMLDialogElement);
    /** @type {Record<string, () => void>} */
    this.actions = {
      accept: () => this.accept(),
      back: () => this.go(this.queue.index - 1),
      next: () => this.go(this.queue.index + 1),
      skip: () => this.skip(),
      exclude: () => this.exclude(),
      undo: () => this.undo(),
    };
    screen.addEventListener("click", (event) =>
      this.actions[around(event, "[data-do]")?.dataset.do ?? ""]?.(),
    );
    this.part("help").addEventListener("click", () => this.help.showModal());
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
    else if (event.key === "o") this.conflicts.at(-1)?.override();
    else if (event.key === "k") this.conflicts.at(-1)?.keep();
    else if (event.key === "?") this.help.showModal();
    else if (event.key === "/") this.classes.field.focus();
    else if (name) this.label(name);
    else return;
    event.preventDefault();
  }

  /** @param {number} index @returns {Promise<void>} */
  async go(index) {
    try {
      await this.queue.go(index);
      this.show();
    } catch (problem) {
      complain(problem, { action: { label: "Try again", run: () => this.go(index) } });
    }
  }

  show() {
    const item = this.queue.current;
    this.screen.classList.toggle("is-over", !item);
    this.part("stage").replaceChildren(item ? this.queue.picture(item) : this.end());
    const name = one(document, "[data-name]", HTMLAnchorElement);
    name.textContent = item ? item.image.name : "";
    if (item) name.href = `/datasets/images/${item.image.id}/`;
    else name.removeAttribute("href");
    this.screen.classList.toggle("is-excluded", Boolean(item?.image.excluded));
    this.classes.highlight(item?.image.class_name ?? null);
    this.showSuggestion();
    this.showLeft();
  }

  showSuggestion() {
    this.classes.suggest(this.suggestions.show());
  }

  accept() {
    const name = this.suggestions.current;
    if (name) this.label(name);
    else this.say("Nothing is suggested.");
  }

  showLeft() {
    const left = Math.max(0, this.total - this.done);
    this.part("left").textContent = `${formatInteger(left)} of ${formatInteger(this.total)} left`;
    one(document, "[data-progress]", HTMLProgressElement).value = this.done;
    /** @param {string} name @param {boolean} disabled */
    const disable = (name, disabled) => {
      one(this.screen, `[data-do=${name}]`, HTMLButtonElement).disabled = disabled;
    };
    disable("undo", !this.history.length);
    for (const name of ["exclude", "skip", "next"]) disable(name, !this.queue.current);
    disable("back", this.queue.index === 0);
  }

  end() {
    const { href } = one(document, ".page-actions a", HTMLAnchorElement);
    return endOf({
      skipped: this.queue.items.filter((item) => !item.decided).length,
      unlabelled: this.unlabelled,
      gallery: new URL(href).pathname,
      again: () => this.go(this.queue.firstUndecided()),
    });
  }

  /** @param {string} words for a screen reader */
  say(words) {
    this.part("said").textContent = words;
  }

  /** @param {Item} item @param {boolean} decided */
  decide(item, decided) {
    if (item.decided !== decided) this.done += decided ? 1 : -1;
    item.decided = decided;
  }

  /**
   * The image that may be decided now, if any: what is unsaved stays little, so that little can be
   * lost.
   */
  ready() {
    const item = this.queue.current;
    if (!item || !this.outbox.full) return item;
    this.say("Waiting for the connection.");
    this.part("unsaved").classList.add("is-full");
    return undefined;
  }

  /** @param {Item} item @param {Before} before */
  remember(item, before) {
    const { index } = this.queue;
    this.history.push({ item, index, before, wasDecided: item.decided });
    this.decide(item, true);
  }

  /** @param {string} name */
  label(name) {
    const item = this.ready();
    if (!item) return;
    const before = item.image.class_name;
    this.remember(item, { class_name: before });
    if (before !== name) this.setClass(item, name);
    this.say(`${name}.`);
    this.go(this.queue.index + 1);
  }

  /** @param {Item} item @param {string | null} name */
  setClass(item, name) {
    const seen = item.image.class_name;
    item.image.class_name = name;
    const json = { class_name: name ?? "", expected_class_name: seen ?? "" };
    this.outbox.push({
      url: `/api/v1/images/${item.image.id}/`,
      json,
      refused: (problem) => this.refused(problem, item, { class_name: seen }, name),
    });
  }

  exclude() {
    const item = this.ready();
    if (!item) return;
    this.remember(item, { excluded: item.image.excluded });
    this.setExcluded(item, true);
    this.say("Left out.");
    this.go(this.queue.index + 1);
  }

  /** @param {Item} item @param {boolean} excluded */
  setExcluded(item, excluded) {
    const before = item.image.excluded;
    if (before === excluded) return;
    item.image.excluded = excluded;
    this.outbox.push({
      url: `/api/v1/images/${item.image.id}/`,
      json: { excluded },
      refused: (problem) => this.refused(problem, item, { excluded: before }),
    });
  }

  skip() {
    if (!this.queue.current) return;
    this.say("Skipped.");
    this.go(this.queue.index + 1);
  }

  undo() {
    const last = this.outbox.full ? undefined : this.history.pop();
    if (!last) return;
    const { item, index, before, wasDecided } = last;
    this.decide(item, wasDecided);
    if ("excluded" in before) this.setExcluded(item, before.excluded);
    else if (before.class_name !== item.image.class_name) this.setClass(item, before.class_name);
    this.say(`Undone: ${item.image.name} is ${item.image.class_name ?? "not labelled"}.`);
    this.go(index);
  }

  /**
   * The server refused: another person was faster, or it cannot be. Never lost without a word.
   * @param {unknown} problem what was caught
   * @param {Item} item
   * @param {Before} before
   * @param {string | null} [wanted] the class that was chosen
   */
  async refused(problem, item, before, wanted = null) {
    this.history = this.history.filter((entry) => entry.item !== item);
    if (codeOf(problem) === "changed_meanwhile") {
      /** @type {ApiImage | null} */
      const now = await request(`/api/v1/images/${item.image.id}/`).catch(() => null);
      if (now) return this.conflict(item, Object.assign(item.image, now), wanted);
    }
    Object.assign(item.image, before);
    this.decide(item, false);
    toast(`${item.image.name} was not changed: ${messageOf(problem)}`, { error: true });
    return this.show();
  }

  /** @param {Item} item @param {ApiImage} now @param {string | null} wanted a class */
  conflict(item, now, wanted) {
    if ((now.class_name ?? null) === wanted) return this.show();
    const keep = () => {
      notice.remove();
      this.conflicts = this.conflicts.filter((other) => other !== entry);
    };
    const override = () => {
      keep();
      this.setClass(item, wanted);
      this.show();
    };
    const entry = { keep, override };
    const notice = conflictOf({
      ...entry,
      image: item.image.name,
      by: now.labelled_by ?? "Someone",
      theirs: now.class_name ?? "no class",
      mine: wanted ?? "no class",
    });
    this.conflicts.push(entry);
    this.part("notices").append(notice);
    return this.show();
  }

  showUnsaved() {
    const { waiting, failures, full } = this.outbox;
    if (!waiting.length) this.suggestions.look();
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

const screen = maybe(document, "[data-label-screen]");
if (screen) new LabelScreen(screen, jsonOf("labelling"));
