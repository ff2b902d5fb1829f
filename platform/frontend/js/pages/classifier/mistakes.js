// The keys of the mistakes page. Each button says its key; what it does, its form does by htmx.

import { allWithin, around, isModified, jsonOf, maybe, one } from "../../dom.js";

const CARD = "[data-mistake]";
const SENDING = ".mistake-state .htmx-request";
const DECIDED = `[data-decided], ${SENDING}`;

/** @param {HTMLElement} card whether all of its middle is on the screen */
function isSeen(card) {
  const { top, bottom } = card.getBoundingClientRect();
  const middle = (top + bottom) / 2;
  return middle > 0 && middle < innerHeight;
}

class Mistakes {
  /** @param {HTMLElement} list @param {[key: string, name: string][]} classKeys */
  constructor(list, classKeys) {
    this.list = list;
    this.classKeys = new Map(classKeys);
    document.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("htmx:afterSettle", (event) => this.settled(event));
  }

  get cards() {
    return allWithin(this.list, CARD);
  }

  /** The card that has the focus and is seen: no key decides about another. */
  get current() {
    const focused = document.activeElement?.closest(CARD);
    return focused instanceof HTMLElement && isSeen(focused) ? focused : null;
  }

  /** @param {HTMLElement | undefined} card */
  focus(card) {
    if (!card) return;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  /** @param {1 | -1} step */
  move(step) {
    const { cards, current } = this;
    this.focus(current ? cards[cards.indexOf(current) + step] : cards.find(isSeen));
  }

  /**
   * A mouse has decided: the button that had the focus is gone.
   * @param {Event} event
   */
  settled(event) {
    const card = around(event, ".mistake-state")?.closest(CARD);
    if (card instanceof HTMLElement && document.activeElement === document.body) this.focus(card);
  }

  /**
   * Sends what a button sends and goes on at once to the next card that is open, so that keys typed
   * ahead are about that one.
   * @param {HTMLElement} card
   * @param {HTMLElement | null} button
   */
  press(card, button) {
    if (!button || maybe(card, SENDING)) return;
    button.click();
    const { cards } = this;
    const later = cards.slice(cards.indexOf(card) + 1);
    this.focus(later.find((each) => !maybe(each, DECIDED)) ?? card);
  }

  /** @param {HTMLElement} card @param {string} name of a class */
  relabel(card, name) {
    const form = maybe(card, "[data-other]", HTMLFormElement);
    if (!form || maybe(card, SENDING)) return;
    one(form, "[name=class_name]", HTMLInputElement).value = name;
    this.press(card, maybe(form, "button"));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || isModified(event) || around(event, "input, select, textarea"))
      return;
    if (event.key === "Enter" && around(event, "a, button, summary")) return;
    const name = this.classKeys.get(event.key);
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (!name && !["Enter", "c", "k", "x"].includes(event.key)) return;
    else if (!this.current) this.move(1);
    else if (name) this.relabel(this.current, name);
    else if (event.key === "c") maybe(this.current, "[name=class_name]")?.focus();
    else this.press(this.current, maybe(this.current, `[data-key="${event.key}"]`));
    event.preventDefault();
  }
}

const list = maybe(document, "[data-mistakes]");
if (list) new Mistakes(list, jsonOf("class-keys") ?? []);
