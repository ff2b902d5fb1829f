// What was selected on the map: how many of which class, the first thumbnails, and a class for all
// of them.

import { request } from "../csrf.js";
import { el, maybe, one } from "../dom.js";
import { formatInteger } from "../format.js";
import { complain, toast } from "../toast.js";

/**
 * @import { Annotation } from "../../types/api"
 * @typedef {object} Points what is on the map, by position
 * @property {string[]} images ids
 * @property {(index: number) => string} className
 * @property {(index: number) => string | null} classOf null for none
 * @typedef {object} Told
 * @property {() => void} onCleared
 * @property {(indices: number[], names: (string | null)[]) => void} onRelabelled
 */

const THUMBNAILS = 60;
const CHUNK = 5000;

/** @param {number} count */
const images = (count) => `${formatInteger(count)} ${count === 1 ? "image" : "images"}`;

/**
 * Each name with its count, the most common first.
 * @param {string[]} names
 */
export function counted(names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Sends classes in chunks. @param {string} url @param {Annotation[]} annotations */
async function annotate(url, annotations) {
  for (let start = 0; start < annotations.length; start += CHUNK) {
    await request(url, {
      method: "POST",
      json: { annotations: annotations.slice(start, start + CHUNK) },
    });
  }
}

export class Selection {
  /** @param {HTMLElement} root the map @param {Points} data @param {Told} told */
  constructor(root, data, told) {
    this.root = root;
    this.data = data;
    this.told = told;
    /** @type {number[]} */
    this.indices = [];
    this.form = maybe(root, "[data-relabel]", HTMLFormElement);
    this.part("clear").addEventListener("click", () => {
      this.show([]);
      told.onCleared();
    });
    const { form } = this;
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.relabel(one(form, "[name=class_name]", HTMLInputElement).value.trim());
    });
  }

  /** @param {string} name */
  part(name) {
    return one(this.root, `[data-${name}]`);
  }

  /** @param {number[]} indices positions on the map */
  show(indices) {
    this.indices = indices;
    const some = indices.length > 0;
    one(this.root, "#map-selected").textContent = some
      ? `${images(indices.length)} selected`
      : "Nothing selected";
    for (const part of [this.part("clear"), this.part("holds"), this.form])
      if (part) part.hidden = !some;
    this.part("hint").hidden = some;
    this.part("holds").textContent = counted(indices.map(this.data.className))
      .slice(0, 5)
      .map(([name, count]) => `${name} ${formatInteger(count)}`)
      .join(", ");
    this.part("thumbnails").replaceChildren(
      ...this.oddFirst()
        .slice(0, THUMBNAILS)
        .map((index) => this.thumbnail(index)),
    );
    this.part("more").hidden = indices.length <= THUMBNAILS;
    this.part("more").textContent =
      `The first ${THUMBNAILS} of ${formatInteger(indices.length)} are shown.`;
  }

  /** Those of the rarest class first: what lies among another class is what people look for. */
  oddFirst() {
    const counts = new Map(counted(this.indices.map(this.data.className)));
    /** @param {number} index */
    const common = (index) => counts.get(this.data.className(index)) ?? 0;
    return [...this.indices].sort((a, b) => common(a) - common(b) || a - b);
  }

  /** @param {number} index */
  thumbnail(index) {
    const id = this.data.images[index];
    const name = this.data.className(index);
    const picture = el("img", {
      src: `/api/v1/images/${id}/thumbnail/`,
      alt: "",
      loading: "lazy",
      decoding: "async",
    });
    return el(
      "li",
      {},
      el(
        "a",
        { href: `/datasets/images/${id}/` },
        picture,
        el("span", { class: "quiet", text: name, title: name }),
      ),
    );
  }

  /** @param {string} name */
  async relabel(name) {
    const { indices } = this;
    const before = indices.map(this.data.classOf);
    const given = indices.map(() => name || null);
    if (!(await this.send(indices, given))) return;
    toast(`${images(indices.length)} ${indices.length === 1 ? "is" : "are"} now “${name}”.`, {
      undo: () => this.send(indices, before, true),
    });
  }

  /**
   * @param {number[]} indices
   * @param {(string | null)[]} names
   * @param {boolean} [again] when it is undone: then the caller says what failed
   * @returns {Promise<boolean>} whether it is done
   */
  async send(indices, names, again = false) {
    const annotations = indices.map((index, at) => ({
      image: this.data.images[index],
      class_name: names[at] ?? "",
    }));
    try {
      await annotate(this.root.dataset.annotations ?? "", annotations);
    } catch (problem) {
      if (again) throw problem;
      complain(problem);
      return false;
    }
    this.told.onRelabelled(indices, names);
    this.show(this.indices);
    return true;
  }
}
