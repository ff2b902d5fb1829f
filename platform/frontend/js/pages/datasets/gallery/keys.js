// The gallery by keys: a digit gives the selected images its class, / leads to the other actions, u
// undoes, Escape clears, ? lists the keys.

import { CLASS_KEYS, ClassKeys } from "../../../class-keys.js";
import { around, el, isModified, maybe, one } from "../../../dom.js";

/** @import { Gallery } from "../../../../types/page" */

const DIGITS = [..."1234567890"];
const TYPING =
  "input:not([type=checkbox], [type=range]), textarea, select, [contenteditable], dialog[open]";

/** @param {KeyboardEvent} event */
const leftAlone = (event) =>
  event.defaultPrevented || isModified(event) || around(event, TYPING) !== null;

/** Buttons for the classes that have a digit, the same as on the labelling screen. */
class ClassButtons {
  /** @param {HTMLElement} place @param {(name: string) => void} choose */
  constructor(place, choose) {
    this.place = place;
    this.choose = choose;
    this.keys = new ClassKeys([], CLASS_KEYS);
  }

  /**
   * Classes that are new get a key, if one is left; what others have stays.
   * @param {string[]} names
   */
  show(names) {
    if (this.keys.names.size) for (const name of names) this.keys.add(name);
    else this.keys = new ClassKeys(names, CLASS_KEYS);
    const buttons = DIGITS.flatMap((key) => {
      const name = this.keys.nameOf(key);
      return name ? [this.button(key, name)] : [];
    });
    this.place.replaceChildren(...buttons);
    this.place.hidden = !buttons.length;
  }

  /** @param {string} key @param {string} name */
  button(key, name) {
    return el(
      "button",
      {
        type: "button",
        class: "btn btn-sm",
        "data-class-key": key,
        "aria-keyshortcuts": key,
        title: name,
        onclick: () => this.choose(name),
      },
      el("kbd", { text: key, "aria-hidden": "true" }),
      el("span", { text: name }),
    );
  }
}

/**
 * @param {Gallery} gallery
 * @param {object} does
 * @param {() => string[]} does.names of the classes
 * @param {(name: string) => void} does.relabel
 * @param {() => void} does.undo
 * @returns {() => void} shows the classes as they are now
 */
export function galleryKeys(gallery, { names, relabel, undo }) {
  const place = maybe(gallery, "[data-class-keys]");
  const classes = place && new ClassButtons(place, relabel);
  const show = () => classes?.show(names());
  const first = maybe(gallery, "[data-bulk-relabel] input") ?? maybe(gallery, "[data-bulk-action]");
  first?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    const [chosen] = gallery.selection?.selected() ?? [];
    if (chosen) gallery.tiles?.focus(chosen);
  });
  document.addEventListener("keydown", (event) => {
    if (leftAlone(event) || event.repeat) return;
    const name =
      DIGITS.includes(event.key) && gallery.selection?.some && classes?.keys.nameOf(event.key);
    if (name) relabel(name);
    else if (event.key === "/" && gallery.selection?.some) first?.focus();
    else if (event.key === "u") undo();
    else if (event.key === "Escape" && event.target === document.body) gallery.selection?.clear();
    else return;
    event.preventDefault();
  });
  show();
  return show;
}

/** The list of keys, for those too who may only look. @param {HTMLElement} gallery */
export function helpOnKeys(gallery) {
  const help = one(gallery, "[data-keys]", HTMLDialogElement);
  one(gallery, "[data-help]").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (leftAlone(event) || event.key !== "?") return;
    event.preventDefault();
    help.showModal();
  });
}
