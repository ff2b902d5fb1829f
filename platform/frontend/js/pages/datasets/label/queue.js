// The images to label: pages of the API's list, fetched ahead, the next pictures loaded before they
// are asked for.

import { request } from "../../../csrf.js";

const PICTURES_AHEAD = 3;
const ROWS_AHEAD = 8;

/** `items`: {image, decided}, in the order of the list. */
export class Queue {
  constructor(url) {
    Object.assign(this, { items: [], next: url, index: 0, pending: null, pictures: new Map() });
  }

  get current() {
    return this.items[this.index];
  }

  /** Goes to a place and makes ready what comes after it. Throws a Problem when the list cannot be read. */
  async go(index) {
    this.index = Math.max(0, index);
    while (this.index >= this.items.length && this.next) await this.more();
    this.index = Math.min(this.index, this.items.length);
    if (this.items.length - this.index < ROWS_AHEAD) this.more().catch(() => {});
    this.prefetch();
  }

  more() {
    if (!this.next) return Promise.resolve();
    this.pending ??= this.load().finally(() => (this.pending = null));
    return this.pending;
  }

  async load() {
    const page = await request(this.next);
    const known = new Set(this.items.map((item) => item.image.id));
    this.items.push(
      ...page.results
        .filter((image) => !known.has(image.id))
        .map((image) => ({ image, decided: false })),
    );
    this.next = page.next;
    this.prefetch();
  }

  prefetch() {
    const near = this.items.slice(Math.max(0, this.index - 1), this.index + PICTURES_AHEAD + 1);
    const ids = new Set(near.map((item) => item.image.id));
    for (const id of this.pictures.keys()) if (!ids.has(id)) this.pictures.delete(id);
    for (const item of near) this.picture(item);
  }

  /** @returns {HTMLImageElement} the picture of an item, loading or loaded */
  picture({ image }) {
    if (!this.pictures.has(image.id)) {
      const picture = new Image();
      Object.assign(picture, {
        src: image.file_url,
        alt: image.name,
        decoding: "async",
        draggable: false,
      });
      picture.classList.toggle("is-tiny", image.width <= 64);
      this.pictures.set(image.id, picture);
    }
    return this.pictures.get(image.id);
  }

  firstUndecided() {
    return this.items.findIndex((item) => !item.decided);
  }
}
