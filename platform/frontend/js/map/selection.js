// What was selected on the map: how many of which class, the first thumbnails, and a class for all
// of them.

import { request } from "../csrf.js";
import { el } from "../dom.js";
import { formatInteger } from "../format.js";
import { toast } from "../toast.js";

const THUMBNAILS = 60;
const CHUNK = 5000;

const images = (count) => `${formatInteger(count)} ${count === 1 ? "image" : "images"}`;

/** @param {string[]} names @returns {[string, number][]} each name with its count, the most common first */
export function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Sends classes in chunks. @param {string} url @param {{image: string, class_name: string}[]} annotations */
async function annotate(url, annotations) {
  for (let start = 0; start < annotations.length; start += CHUNK) {
    await request(url, {
      method: "POST",
      json: { annotations: annotations.slice(start, start + CHUNK) },
    });
  }
}

export class Selection {
  /**
   * @param {HTMLElement} root the map @param {{images: string[], className: (index: number) => string, classOf: (index: number) => string | null}} data
   * @param {{onCleared: () => void, onRelabelled: (indices: number[], names: (string | null)[]) => void}} told
   */
  constructor(root, data, told) {
    Object.assign(this, { root, data, told, indices: [] });
    this.part("clear").addEventListener("click", () => {
      this.show([]);
      told.onCleared();
    });
    this.part("relabel")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.relabel(event.target.elements.class_name.value.trim());
    });
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  /** @param {number[]} indices positions on the map */
  show(indices) {
    this.indices = indices;
    const some = indices.length > 0;
    this.root.querySelector("#map-selected").textContent = some
      ? `${images(indices.length)} selected`
      : "Nothing selected";
    for (const name of ["clear", "holds", "relabel"])
      if (this.part(name)) this.part(name).hidden = !some;
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
    return [...this.indices].sort(
      (a, b) => counts.get(this.data.className(a)) - counts.get(this.data.className(b)) || a - b,
    );
  }

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

  async relabel(name) {
    const { indices } = this;
    const before = indices.map(this.data.classOf);
    const given = indices.map(() => name || null);
    if (!(await this.send(indices, given))) return;
    toast(`${images(indices.length)} ${indices.length === 1 ? "is" : "are"} now “${name}”.`, {
      undo: () => this.send(indices, before, true),
    });
  }

  async send(indices, names, again = false) {
    const annotations = indices.map((index, at) => ({
      image: this.data.images[index],
      class_name: names[at] ?? "",
    }));
    try {
      await annotate(this.root.dataset.annotations, annotations);
    } catch (problem) {
      if (again) throw problem;
      toast(problem.message, { error: true });
      return false;
    }
    this.told.onRelabelled(indices, names);
    this.show(this.indices);
    return true;
  }
}
