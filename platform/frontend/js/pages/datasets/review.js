// Goes through the items of one kind of finding: a key decides, the next item comes by itself, u
// undoes.

import { request } from "../../csrf.js";
import { around, el, icon, isModified, jsonOf, maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { complain, toast } from "../../toast.js";
import { decisionsOn, perform } from "./review-decisions.js";
import { keysOf } from "./review-keys.js";
import { buttons, pictures, preload } from "./review-stage.js";

const AHEAD = 5;
// Of the images of one item: how many are fetched to look at, and at once when something is done to
// all.
const [MORE, AT_ONCE] = [96, 500];
/**
 * @import { Image as Picture, Page, QualityItem } from "../../../types/api"
 * @import { Decision, ReviewPage } from "./review-decisions.js"
 *
 * @typedef {object} Seen what this page adds to an item
 * @property {string} [said] what was decided; empty: it is open again
 * @property {string | null} [more] the address of its next images; null: all are there
 * @typedef {QualityItem & Seen} Item
 *
 * @typedef {object} Entry what can be undone
 * @property {Item} item
 * @property {number} index
 * @property {() => Promise<void>} undo
 * @property {HTMLElement} toast
 */

class Review {
  /** @type {Item[]} */
  items = [];
  index = 0;
  kept = 0;
  /** @type {Entry[]} */
  history = [];
  busy = false;
  /** @type {Promise<void> | null} */
  loading = null;

  /** @param {HTMLElement} root @param {ReviewPage} review */
  constructor(root, review) {
    this.root = root;
    this.review = review;
    /** @type {string | null} */
    this.next = review.itemsUrl;
    this.help = one(root, '[data-review="keys"]', HTMLDialogElement);
    this.part("previous").addEventListener("click", () => this.move(-1));
    this.part("next").addEventListener("click", () => this.move(1));
    this.part("more").addEventListener("click", () => this.showMore());
    this.part("help").addEventListener("click", () => this.help.showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    this.part("key-list").replaceChildren(...keysOf(review));
  }

  /** @param {string} name */
  part(name) {
    return one(this.root, `[data-review="${name}"]`);
  }

  async start() {
    await this.load();
    const wanted = location.hash.slice(1);
    const place = () => this.items.findIndex((item) => item.id === wanted);
    while (wanted && this.next && place() < 0) await this.load();
    this.go(Math.max(0, place()));
  }

  /** The next page of items; what fails is said, and tried again with the next move. */
  async load() {
    if (!this.next) return;
    try {
      /** @type {Page<Item>} */
      const page = await request(this.next);
      this.items.push(...page.results);
      this.next = page.next && this.review.itemsUrl.split("?")[0] + new URL(page.next).search;
    } catch (problem) {
      this.next = null;
      complain(problem);
    }
  }

  /** @returns {Item | undefined} */
  get item() {
    return this.items[this.index];
  }

  /** @param {number} index */
  go(index) {
    this.index = index;
    this.kept = 0;
    this.show();
    preload(this.items[index + 1]);
    if (this.next && index > this.items.length - AHEAD)
      this.loading ??= this.load().finally(() => {
        this.loading = null;
      });
  }

  /** @param {1 | -1} step */
  async move(step) {
    if (this.busy) return;
    if (this.index + step >= this.items.length) await this.loading;
    if (this.index + step >= 0 && this.index + step < this.items.length) this.go(this.index + step);
  }

  /** To the next item that is open, else to one that was passed over, else to the end. */
  async advance() {
    await this.loading;
    if (this.next && this.index + 1 >= this.items.length) await this.load();
    const open = this.items
      .map((item, index) => (item.said ? -1 : index))
      .filter((index) => index >= 0);
    this.go(open.find((index) => index > this.index) ?? open[0] ?? this.items.length);
  }

  show() {
    const { item } = this;
    this.part("end").hidden = Boolean(item) || !this.items.length;
    this.part("none").hidden = this.items.length > 0;
    this.part("bar").hidden = !this.items.length;
    for (const name of ["stage", "actions"]) this.part(name).hidden = !item;
    this.part("more").hidden = !item || !this.hidden(item);
    this.disable("previous", this.index === 0);
    this.disable("next", this.index >= this.items.length - 1);
    const total = Math.max(this.review.total, this.items.length);
    const place = item ? this.index + 1 : total;
    this.part("place").textContent = `${formatInteger(place)} of ${formatInteger(total)}`;
    const notes = item ? [this.moreThanShown(item), item.note] : [];
    this.part("note").textContent = notes.filter(Boolean).join(" · ");
    const said = item?.said
      ? [el("span", { class: "status tone-good" }, icon("circle-check"), item.said)]
      : [];
    this.part("state").replaceChildren(...said);
    if (item) this.showItem(item);
  }

  /** @param {string} name of a button @param {boolean} disabled */
  disable(name, disabled) {
    one(this.root, `[data-review="${name}"]`, HTMLButtonElement).disabled = disabled;
  }

  /** @param {Item} item */
  showItem(item) {
    const { copies, mayEdit, imagePageUrl } = this.review;
    history.replaceState(null, "", `#${item.id}`);
    const mayChoose = copies && mayEdit && !item.said;
    /** @type {((number: number) => void) | null} */
    const choose = mayChoose ? (number) => this.choose(number) : null;
    const stage = this.part("stage");
    stage.replaceChildren(...pictures(item, { imagePageUrl, choose, kept: this.kept }));
    stage.dataset.count = String(Math.min(item.images.length, 4));
    this.part("more").textContent = `Show more (${formatInteger(this.hidden(item))} left)`;
    this.part("actions").replaceChildren(...this.actions(item));
  }

  /** @param {Item} item */
  moreThanShown(item) {
    return this.hidden(item)
      ? `${formatInteger(item.images.length)} of ${formatInteger(item.image_count)} images shown`
      : "";
  }

  /**
   * How many images of an item have not been fetched: a group of copies may have thousands.
   * @param {Item} item
   */
  hidden(item) {
    return item.image_count - item.images.length;
  }

  /** Fetches the next images. @param {Item} item @param {number} size counts from its first one */
  async fetchMore(item, size) {
    item.more ??= `/api/v1/quality-items/${item.id}/images/?page_size=${size}`;
    /** @type {Page<Picture>} */
    const page = await request(item.more);
    const known = new Set(item.images.map(({ id }) => id));
    item.images.push(...page.results.filter(({ id }) => !known.has(id)));
    const next = page.next ? new URL(page.next) : null;
    item.more = next && next.pathname + next.search;
    // Some may have gone meanwhile.
    if (!item.more) item.image_count = item.images.length;
  }

  /** @param {Item} item */
  async fetchRest(item) {
    while (this.hidden(item)) await this.fetchMore(item, AT_ONCE);
  }

  async showMore() {
    const { item } = this;
    if (this.busy || !item || !this.hidden(item)) return;
    this.busy = true;
    try {
      await this.fetchMore(item, MORE);
    } catch (problem) {
      complain(problem);
    } finally {
      this.busy = false;
    }
    this.show();
  }

  get decisions() {
    return this.review.mayEdit && this.item && !this.item.said
      ? decisionsOn(this.item, this.review, this.kept)
      : [];
  }

  /** @param {Item} item @returns {HTMLElement[]} */
  actions(item) {
    if (!item.said) return buttons(this.decisions, (decision) => this.decide(decision));
    const entry = this.history.findLast((each) => each.item === item);
    if (!entry) return [];
    const onclick = () => this.undo(entry);
    const button = el("button", { type: "button", class: "btn", onclick });
    button.append(icon("arrow-back-up"), "Undo");
    return [el("div", { class: "review-row" }, button)];
  }

  /** @param {number} number of the copy that stays */
  choose(number) {
    if (!this.item || number >= this.item.images.length) return;
    this.kept = number;
    this.show();
  }

  /** @param {Decision} chosen */
  async decide(chosen) {
    const { item, index } = this;
    if (this.busy || !item) return;
    this.busy = true;
    try {
      const { said, steps } = await this.onAllImages(item, chosen);
      const undo = await perform(steps);
      item.said = said;
      /** @type {Entry} */
      const entry = { item, index, undo, toast: toast(said, { undo: () => this.undo(entry) }) };
      this.history.push(entry);
      await this.advance();
    } catch (problem) {
      complain(problem);
    } finally {
      this.busy = false;
    }
  }

  /** The same decision, on all images of the item. @param {Item} item @param {Decision} chosen */
  async onAllImages(item, chosen) {
    if (!this.hidden(item) || chosen.key === "k") return chosen;
    await this.fetchRest(item);
    const same = this.decisions.find(({ key }) => key === chosen.key);
    if (!same) throw new Error("This cannot be decided any more.");
    return same;
  }

  /** @param {Entry} entry */
  async undo(entry) {
    this.history = this.history.filter((one) => one !== entry);
    entry.toast.remove();
    await entry.undo();
    entry.item.said = "";
    this.go(entry.index);
  }

  async undoLast() {
    const entry = this.history.at(-1);
    if (!entry) return;
    try {
      await this.undo(entry);
      toast("Undone");
    } catch (problem) {
      complain(problem);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || isModified(event)) return;
    if (around(event, "input, textarea, select, dialog[open]")) return;
    if (event.key === "Enter" && around(event, "a, button")) return;
    const decision = this.decisions.find((one) => one.key === event.key);
    const number = Number(event.key) - 1;
    if (event.key === "ArrowLeft") this.move(-1);
    else if (event.key === "ArrowRight") this.move(1);
    else if (event.key === "?") this.help.showModal();
    else if (event.key === "u") this.undoLast();
    else if (event.key === "m") this.showMore();
    else if (decision) this.decide(decision);
    else if (this.review.copies && this.review.mayEdit && number >= 0) this.choose(number);
    else return;
    event.preventDefault();
  }
}

const root = maybe(document, "[data-review]");
if (root) new Review(root, jsonOf("review-data")).start();
