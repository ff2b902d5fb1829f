// The cards of the answers: as a list, or many of them as a grid; as dropped, or by how sure each
// is.

import { allWithin, one } from "../../../dom.js";

/** @import { AnswerCard, ThingCard } from "./card.js" */
/** @typedef {"asked" | "surest" | "least"} Order */

// From so many images on they stand in a grid, until a person says otherwise.
const MANY = 13;

export class AnswerList {
  /** @type {AnswerCard[]} in the order in which they were dropped */
  cards = [];
  /** @type {ThingCard[]} the one answer to all of them, where there is one */
  things = [];

  constructor() {
    this.list = one(document, "#answers");
    this.tools = one(document, "#answer-tools");
    this.meter = one(document, "#answer-progress", HTMLProgressElement);
    this.order = one(document, "#answer-order", HTMLSelectElement);
    this.order.addEventListener("change", () => this.sort());
    this.buttons = allWithin(this.tools, "[data-look]");
    for (const button of this.buttons)
      button.addEventListener("click", () => this.look(button.dataset.look === "grid"));
  }

  /** @param {AnswerCard[]} cards @param {ThingCard | null} thing */
  show(cards, thing) {
    this.cards = cards;
    this.things = thing ? [thing] : [];
    this.order.value = "asked";
    this.list.replaceChildren(...[...this.things, ...cards].map(({ element }) => element));
    this.list.classList.toggle("is-single", cards.length === 1 && !thing);
    this.tools.hidden = cards.length < 2 || thing !== null;
    this.look(cards.length >= MANY && !thing);
  }

  clear() {
    this.list.replaceChildren();
    this.tools.hidden = true;
  }

  /** @param {boolean} grid */
  look(grid) {
    this.list.classList.toggle("is-grid", grid);
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String((button.dataset.look === "grid") === grid));
  }

  /** Those without an answer come last. */
  sort() {
    const order = /** @type {Order} */ (this.order.value);
    const sign = order === "least" ? 1 : -1;
    const sorted = [...this.cards];
    if (order !== "asked")
      sorted.sort((a, b) => {
        if (a.confidence === null || b.confidence === null)
          return Number(a.confidence === null) - Number(b.confidence === null);
        return sign * (a.confidence - b.confidence);
      });
    this.list.append(...sorted.map(({ element }) => element));
  }

  /**
   * How many of a question's images are answered, where it takes several requests.
   * @param {number} done
   * @param {number} all
   */
  progress(done, all) {
    this.meter.hidden = done >= all || this.tools.hidden;
    this.meter.max = all;
    this.meter.value = done;
    if (this.order.value !== "asked") this.sort();
  }
}

/**
 * Scroll as little as is needed: beside the drop zone it is in view already, on a phone it is not.
 * @param {HTMLElement} element
 */
export function bringIntoView(element) {
  const { top } = element.getBoundingClientRect();
  if (top >= 0 && top < innerHeight * 0.6) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}
