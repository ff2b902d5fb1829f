// The groups on the screen: their images as buttons that mark what is wrong.

import { around, el, icon } from "../../../dom.js";
import { formatInteger } from "../../../format.js";
import { certainty } from "./words.js";

/**
 * @import { GridGroup, Image as ApiImage } from "../../../../types/api"
 * @typedef {{groups: GridGroup[], marked: string[]}} Shown groups, and the ids of marked images
 */

/** Only what is less sure says how sure it is: the eye is to go there. */
const SURE = 0.95;

export class Board {
  /** @type {GridGroup[]} */
  groups = [];
  /** @type {Set<string>} */
  wrong = new Set();

  /** @param {HTMLElement} place @param {() => void} changed called after a mark or a name */
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    place.addEventListener("click", (event) => {
      const tile = around(event, "[data-id]");
      if (tile) this.toggle(tile);
    });
  }

  get images() {
    return this.groups.flatMap((group) => group.images);
  }

  get count() {
    return this.images.length;
  }

  get marked() {
    return this.images.filter((image) => this.wrong.has(image.id));
  }

  get isNamed() {
    return this.groups.every((group) => group.class_name !== null);
  }

  /** @returns {Shown} */
  shown() {
    return { groups: this.groups, marked: [...this.wrong] };
  }

  /** What is to be sent: of each group who is confirmed and who is not. */
  answer() {
    return this.groups.map(({ class_name, images }) => ({
      class_name,
      images: images.filter((image) => !this.wrong.has(image.id)).map((image) => image.id),
      rejected: images.filter((image) => this.wrong.has(image.id)).map((image) => image.id),
    }));
  }

  /** @param {Shown} shown */
  show({ groups, marked }) {
    this.groups = groups;
    this.wrong = new Set(marked);
    this.draw();
  }

  /** @param {string} name of the class that all of them are said to be */
  nameAll(name) {
    this.groups = [{ class_name: name, images: this.images }];
    this.draw();
    this.focusFirst();
    this.changed();
  }

  /** @param {string[]} ids */
  takeAway(ids) {
    const gone = new Set(ids);
    this.groups = this.groups
      .map((group) => ({ ...group, images: group.images.filter(({ id }) => !gone.has(id)) }))
      .filter((group) => group.images.length);
    this.wrong = new Set();
    this.draw();
    this.focusFirst();
    this.changed();
  }

  draw() {
    const several = this.groups.length > 1;
    this.place.replaceChildren(...this.groups.map((group) => this.section(group, several)));
    const [first] = this.tiles;
    if (first) first.tabIndex = 0;
  }

  /** @param {GridGroup} group @param {boolean} titled */
  section({ class_name, images }, titled) {
    const name = class_name ?? "no suggestion";
    const count = `${formatInteger(images.length)}`;
    const heading = el("h3", { class: "grid-class" }, name, el("span", { text: count }));
    const tiles = images.map((image) => el("li", {}, this.tile(image, class_name)));
    return el(
      "section",
      { class: "grid-group", "aria-label": `${name}, ${count} images` },
      ...(titled ? [heading] : []),
      el("ul", { class: "grid-tiles" }, ...tiles),
    );
  }

  /** @param {ApiImage} image @param {string | null} name of the class it is shown under */
  tile(image, name) {
    const suggested = name && image.suggested_class === name;
    const sure = suggested ? certainty(image.suggested_probability) : "";
    const isDoubtful = (image.suggested_probability ?? 1) < SURE;
    const wrong = this.wrong.has(image.id);
    return el(
      "button",
      {
        type: "button",
        class: "grid-tile",
        "data-id": image.id,
        "aria-pressed": String(wrong),
        "aria-label": `${image.name}${sure ? `, ${sure}` : ""}: wrong`,
        title: image.name,
        tabindex: -1,
      },
      el("img", {
        src: image.thumbnail_url,
        alt: "",
        decoding: "async",
        class: image.width <= 64 ? "is-tiny" : null,
      }),
      el("span", { class: "grid-sure", text: isDoubtful ? sure : "", "aria-hidden": "true" }),
      el("span", { class: "grid-wrong", "aria-hidden": "true" }, icon("x")),
    );
  }

  /** @returns {HTMLElement[]} */
  get tiles() {
    return [...this.place.querySelectorAll("[data-id]")].filter(
      (each) => each instanceof HTMLElement,
    );
  }

  /** @param {HTMLElement} tile */
  toggle(tile) {
    const id = tile.dataset.id ?? "";
    if (!this.wrong.delete(id)) this.wrong.add(id);
    tile.setAttribute("aria-pressed", String(this.wrong.has(id)));
    this.focus(tile);
    this.changed();
  }

  focusFirst() {
    const [first] = this.tiles;
    if (first) this.focus(first);
  }

  /** @param {HTMLElement} tile */
  focus(tile) {
    for (const each of this.tiles) each.tabIndex = each === tile ? 0 : -1;
    tile.focus({ preventScroll: false });
  }

  /** @param {string} key @returns {boolean} whether it moved the focus */
  move(key) {
    const { tiles } = this;
    const here = tiles.find((tile) => tile === document.activeElement);
    const at = here ? tiles.indexOf(here) : -1;
    if (!key.startsWith("Arrow") || !tiles.length) return false;
    if (!here) this.focusFirst();
    else if (key === "ArrowLeft") this.focus(tiles[Math.max(0, at - 1)]);
    else if (key === "ArrowRight") this.focus(tiles[Math.min(tiles.length - 1, at + 1)]);
    else this.focus(this.beside(here, key === "ArrowDown" ? 1 : -1));
    return true;
  }

  /**
   * The nearest tile in the row above (-1) or below (1).
   * @param {HTMLElement} tile
   * @param {number} side
   */
  beside(tile, side) {
    const { left, top } = tile.getBoundingClientRect();
    const places = this.tiles.map((each) => ({ each, box: each.getBoundingClientRect() }));
    const away = places.filter(({ box }) => (box.top - top) * side > 1);
    if (!away.length) return tile;
    const row = Math.min(...away.map(({ box }) => (box.top - top) * side));
    const inRow = away.filter(({ box }) => (box.top - top) * side < row + 1);
    inRow.sort((a, b) => Math.abs(a.box.left - left) - Math.abs(b.box.left - left));
    return inRow[0].each;
  }
}
