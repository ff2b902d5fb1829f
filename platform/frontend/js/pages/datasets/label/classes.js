// The classes beside the image: a button and a key each; typing finds one or adds one.

import { CLASS_KEYS, ClassKeys } from "../../../class-keys.js";
import { allWithin, el, icon, one } from "../../../dom.js";

const MOST_SHOWN = 200;

export class Classes {
  /** @param {HTMLElement} screen @param {string[]} names @param {(name: string) => void} choose */
  constructor(screen, names, choose) {
    this.names = [...names];
    this.keys = new ClassKeys(names, CLASS_KEYS);
    this.choose = choose;
    /** @type {string | null} */
    this.current = null;
    /** @type {string | null} */
    this.suggested = null;
    this.list = one(screen, "[data-classes]");
    const form = one(screen, "[data-find]");
    this.field = one(form, "input", HTMLInputElement);
    this.field.addEventListener("input", () => this.show());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.matching()[0] ?? this.wanted;
      if (name) this.give(name);
    });
    this.show();
  }

  /** Other classes than before, as of another dataset. @param {string[]} names */
  reset(names) {
    if (names.join("\n") === this.names.join("\n")) return;
    this.names = [...names];
    this.keys = new ClassKeys(names, CLASS_KEYS);
    this.show();
  }

  get wanted() {
    return this.field.value.trim();
  }

  /** The names that match what is typed, exact ones and beginnings first. */
  matching() {
    const typed = this.wanted.toLocaleLowerCase();
    if (!typed) return this.names;
    /** @param {string} name */
    const place = (name) => {
      const lower = name.toLocaleLowerCase();
      if (lower === typed) return 0;
      return lower.startsWith(typed) ? 1 : 2;
    };
    return this.names
      .filter((name) => name.toLocaleLowerCase().includes(typed))
      .sort((a, b) => place(a) - place(b));
  }

  /** @param {string} key @returns {string | undefined} the class of a key */
  byKey(key) {
    return this.keys.nameOf(key);
  }

  /** @param {string} name of a class, also a new one */
  give(name) {
    if (!this.names.includes(name)) {
      this.names.push(name);
      this.keys.add(name);
    }
    this.leave();
    this.choose(name);
  }

  leave() {
    this.field.value = "";
    this.field.blur();
    this.show();
  }

  /** @param {string | null} name of the image's class */
  highlight(name) {
    this.current = name;
    for (const button of allWithin(this.list, "button[data-class]"))
      button.setAttribute("aria-pressed", String(button.dataset.class === name));
  }

  /** @param {string | null} name of the class that is suggested */
  suggest(name) {
    this.suggested = name;
    for (const button of allWithin(this.list, "button[data-class]"))
      button.classList.toggle("is-suggested", button.dataset.class === name);
  }

  show() {
    const matching = this.matching();
    const rows = matching.slice(0, MOST_SHOWN).map((name) => this.button(name));
    if (this.wanted && !this.names.includes(this.wanted)) {
      rows.push(
        el(
          "button",
          { type: "button", class: "label-class", onclick: () => this.give(this.wanted) },
          icon("plus"),
          el("span", { text: `Add “${this.wanted}”` }),
        ),
      );
    }
    this.list.replaceChildren(...rows.map((row) => el("li", {}, row)));
    if (matching.length > MOST_SHOWN)
      this.list.append(
        el("li", {
          class: "quiet",
          text: `and ${matching.length - MOST_SHOWN} more: type to find them`,
        }),
      );
  }

  /** @param {string} name */
  button(name) {
    const key = this.keys.keyOf(name);
    return el(
      "button",
      {
        type: "button",
        class: `label-class${name === this.suggested ? " is-suggested" : ""}`,
        "data-class": name,
        "aria-pressed": String(name === this.current),
        "aria-keyshortcuts": key || null,
        onclick: () => this.give(name),
      },
      el("kbd", { text: key, "aria-hidden": "true" }),
      el("span", { text: name }),
    );
  }
}
