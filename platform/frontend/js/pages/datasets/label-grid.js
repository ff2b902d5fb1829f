// The label grid: up to 60 images that may be of one class; what is wrong is marked, the rest is
// confirmed at once.

import { request } from "../../csrf.js";
import { around, isModified, jsonOf, maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { complain } from "../../toast.js";
import { Classes } from "./label/classes.js";
import { endOf } from "./label/notices.js";
import { Board } from "./label-grid/board.js";
import { ModelNews } from "./label-grid/model-news.js";
import { adviceOf, classesWords, confirmWords, questionOf } from "./label-grid/words.js";

/**
 * @import { GridScreen } from "../../../types/api"
 * @import { Shown } from "./label-grid/board.js"
 *
 * @typedef {object} Grid what the page knows
 * @property {string} url of the screens
 * @property {string} undo the address that undoes an edit, {id} in it
 * @property {string} model the address of the instant model
 * @property {string} dataset the address of the dataset in the API
 * @property {string} gallery the address of all images
 * @property {string} register the address that makes a model of it
 * @property {string} version the address of a model version, {id} in it
 * @property {string[]} classes
 *
 * @typedef {{edits: string[], screen: GridScreen, shown: Shown}} Step
 */

/** @type {Record<string, string>} */
const KEYS = { Enter: "confirm", s: "skip", u: "undo" };

class LabelGrid {
  /** @type {GridScreen | null} */
  screen = null;
  skipped = 0;
  busy = false;
  /** @type {Step[]} */
  history = [];

  /** @param {HTMLElement} root @param {Grid} grid */
  constructor(root, grid) {
    this.root = root;
    this.grid = grid;
    this.board = new Board(this.part("groups"), () => this.showActions());
    this.classes = new Classes(root, grid.classes, (name) => this.name(name));
    this.news = new ModelNews(
      { model: grid.model, dataset: grid.dataset },
      { line: this.part("model"), news: this.part("grid-news"), use: this.part("use") },
      () => this.load(),
    );
    this.part("use").addEventListener("click", () => this.use());
    this.help = one(document, "[data-help-dialog]", HTMLDialogElement);
    /** @type {Record<string, () => unknown>} */
    this.actions = {
      confirm: () => this.confirm(),
      skip: () => this.skip(),
      undo: () => this.undo(),
    };
    root.addEventListener("click", (event) =>
      this.actions[around(event, "[data-do]")?.dataset.do ?? ""]?.(),
    );
    this.part("help").addEventListener("click", () => this.help.showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    this.load();
  }

  /** @param {string} name */
  part(name) {
    return one(document, `[data-${name}]`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (isModified(event) || around(event, "input, textarea, select, dialog")) return;
    const onControl = around(event, "a, button:not([data-id])") !== null;
    const action = event.key === "Enter" && onControl ? undefined : KEYS[event.key];
    const name = this.classes.byKey(event.key);
    if (action) this.actions[action]();
    else if (event.key === "?") this.help.showModal();
    else if (event.key === "/") this.classes.field.focus();
    else if (name) this.name(name);
    else if (!this.board.move(event.key)) return;
    event.preventDefault();
  }

  /**
   * One thing after the other: what is pressed meanwhile would be about images that are gone.
   * @param {() => Promise<void>} work
   */
  async alone(work) {
    if (this.busy) return;
    this.busy = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (problem) {
      complain(problem);
    }
    this.busy = false;
    this.root.removeAttribute("aria-busy");
    this.showActions();
  }

  load() {
    return this.alone(() => this.next());
  }

  /** @returns {Promise<void>} */
  async next() {
    /** @type {GridScreen} */
    const screen = await request(`${this.grid.url}?skip=${this.skipped}`);
    if (!screen.groups.length && this.skipped) {
      this.skipped = 0;
      if (screen.remaining) return this.next();
    }
    this.show(screen, null);
  }

  /** @param {GridScreen} screen @param {Shown | null} shown as a person had left it, when undone */
  show(screen, shown) {
    this.screen = screen;
    this.board.show(shown ?? { groups: screen.groups, marked: [] });
    if (!this.board.count) this.part("groups").replaceChildren(this.end());
    this.news.seen(screen.instant_model);
    const left = formatInteger(screen.remaining);
    this.part("left").textContent = `${left} image${screen.remaining === 1 ? "" : "s"} left`;
    this.showActions();
    this.say(`${this.part("question").textContent} ${this.part("advice").textContent}`);
    window.scrollTo({ top: 0 });
    this.board.focusFirst();
  }

  end() {
    const { gallery } = this.grid;
    return endOf({ skipped: 0, unlabelled: true, gallery, again: () => this.load() });
  }

  showActions() {
    const { board, screen } = this;
    const nothing = !board.count;
    this.root.classList.toggle("is-over", nothing);
    const question = this.part("question");
    question.textContent = screen ? questionOf(screen, board) : "";
    question.hidden = !question.textContent;
    this.part("advice").textContent = screen ? adviceOf(screen, board) : "";
    this.part("confirm").textContent = confirmWords(board);
    this.part("side-help").textContent = screen ? classesWords(screen, board) : "";
    /** @param {string} name @param {boolean} disabled */
    const disable = (name, disabled) => {
      one(this.root, `[data-do=${name}]`, HTMLButtonElement).disabled = disabled;
    };
    disable("confirm", nothing || !board.isNamed);
    disable("skip", nothing);
    disable("undo", !this.history.length);
    this.classes.highlight(board.groups.length === 1 ? board.groups[0].class_name : null);
  }

  /** @param {string} words for a screen reader */
  say(words) {
    this.part("said").textContent = words;
  }

  /** @param {string} name of a class */
  name(name) {
    if (this.busy || !this.board.count) return;
    if (!this.board.marked.length) {
      this.board.nameAll(name);
      this.say(`${name}. ${confirmWords(this.board)}: Enter.`);
      return;
    }
    const images = this.board.marked.map((image) => image.id);
    this.alone(async () => {
      await this.send([{ class_name: name, images, rejected: [] }]);
      this.board.takeAway(images);
      this.say(`${images.length} are ${name}.`);
      if (!this.board.count) await this.next();
    });
  }

  confirm() {
    if (!this.board.count || this.busy) return;
    if (!this.board.isNamed) {
      this.say("Choose a class first.");
      return;
    }
    this.alone(async () => {
      await this.send(this.board.answer());
      await this.next();
    });
  }

  /** @param {{class_name: string | null, images: string[], rejected: string[]}[]} groups */
  async send(groups) {
    const { screen } = this;
    if (!screen) return;
    const shown = this.board.shown();
    const json = { groups, seen_at: screen.seen_at };
    /** @type {{edits: string[]}} */
    const { edits } = await request(this.grid.url, { method: "POST", json });
    this.history.push({ edits, screen, shown });
  }

  skip() {
    if (!this.board.count) return;
    this.alone(async () => {
      this.skipped += 1;
      await this.next();
    });
  }

  /** Registers the instant model as it is fitted now, and goes to its version. */
  use() {
    this.alone(async () => {
      /** @type {{id: string}} */
      const version = await request(this.grid.register, { method: "POST" });
      location.assign(this.grid.version.replace("{id}", version.id));
    });
  }

  undo() {
    const last = this.history.at(-1);
    if (!last) return;
    this.alone(async () => {
      for (const id of [...last.edits].reverse())
        await request(this.grid.undo.replace("{id}", id), { method: "POST" });
      this.history.pop();
      this.show(last.screen, last.shown);
      this.say(`Undone. ${this.part("question").textContent}`);
    });
  }
}

const root = maybe(document, "[data-grid-screen]");
if (root) new LabelGrid(root, jsonOf("grid"));
