// The keys of the mistakes page. Each button says its key; what it does, its form does by htmx.

import { allWithin, around, isModified, jsonOf, maybe, one } from "../../dom.js";

const CARD = "[data-mistake]";
const UNDECIDED = ".mistake-state:not([data-decided])";

class Mistakes {
  /** @param {HTMLElement} list @param {[key: string, name: string][]} classKeys */
  constructor(list, classKeys) {
    this.list = list;
    this.classKeys = new Map(classKeys);
    /** @type {HTMLElement | null} whose decision came by a key, so that the next image follows */
    this.byKey = null;
    document.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("htmx:afterSettle", (event) => this.settled(event));
  }

  get cards() {
    return allWithin(this.list, CARD);
  }

  /** The card that has the focus, else the first one. */
  get current() {
    const focused = document.activeElement?.closest(CARD);
    return focused instanceof HTMLElement ? focused : this.cards[0];
  }

  /** @param {HTMLElement | undefined} card */
  focus(card) {
    if (!card) return;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  /** @param {1 | -1} step */
  move(step) {
    const { cards } = this;
    const started = this.list.contains(document.activeElement);
    this.focus(started ? cards[cards.indexOf(this.current) + step] : cards[0]);
  }

  /**
   * After a decision by key the next image that is open; the focus stays where a mouse decided.
   * @param {Event} event
   */
  settled(event) {
    const card = around(event, CARD);
    if (!card || !around(event, ".mistake-state")) return;
    if (this.byKey !== card) {
      if (document.activeElement === document.body) this.focus(card);
      return;
    }
    this.byKey = null;
    const later = this.cards.slice(this.cards.indexOf(card) + 1);
    this.focus(later.find((each) => maybe(each, UNDECIDED)) ?? card);
  }

  /** @param {HTMLElement | null} button */
  press(button) {
    if (!button) return;
    this.byKey = this.current;
    button.click();
  }

  /** @param {string} name of a class */
  relabel(name) {
    const form = maybe(this.current, "[data-other]", HTMLFormElement);
    if (!form) return;
    one(form, "[name=class_name]", HTMLInputElement).value = name;
    this.press(maybe(form, "button"));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || isModified(event) || around(event, "input, select, textarea"))
      return;
    if (event.key === "Enter" && around(event, "a, button, summary")) return;
    const name = this.classKeys.get(event.key);
    const button = maybe(this.current, `[data-key="${CSS.escape(event.key)}"]`);
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "c") maybe(this.current, "[name=class_name]")?.focus();
    else if (name) this.relabel(name);
    else if (button) this.press(button);
    else return;
    event.preventDefault();
  }
}

const list = maybe(document, "[data-mistakes]");
if (list) new Mistakes(list, jsonOf("class-keys") ?? []);
