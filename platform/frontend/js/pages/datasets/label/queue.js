// The images to label: pages of the API's list, fetched ahead, the next pictures loaded before they
// are asked for.

import { request } from "../../../csrf.js";

/**
 * @import { Image as ApiImage, Page } from "../../../../types/api"
 * @typedef {{image: ApiImage, decided: boolean}} Item
 */

const PICTURES_AHEAD = 3;
const ROWS_AHEAD = 8;

export class Queue {
  /** @type {Item[]} in the order of the list */
  items = [];
  index = 0;
  /** @type {Promise<void> | null} */
  pending = null;
  /** @type {Map<string, HTMLImageElement>} by the images' ids */
  pictures = new Map();

  /** @param {string} url of the first page */
  constructor(url) {
    /** @type {string | null} */
    this.next = url;
  }

  /** @returns {Item | undefined} */
  get current() {
    return this.items[this.index];
  }

  /**
   * Goes to a place and makes ready what comes after it.
   * @param {number} index
   * @throws {Problem} when the list cannot be read
   */
  async go(index) {
    this.index = Math.max(0, index);
    while (this.index >= this.items.length && this.next) await this.more();
    this.index = Math.min(this.index, this.items.length);
    if (this.items.length - this.index < ROWS_AHEAD) this.more().catch(() => {});
    this.prefetch();
  }

  more() {
    if (!this.next) return Promise.resolve();
    this.pending ??= this.load(this.next).finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  /** @param {string} url */
  async load(url) {
    /** @type {Page<ApiImage>} */
    const page = await request(url);
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

  /** The picture of an item, loading or loaded. @param {Item} item */
  picture({ image }) {
    const known = this.pictures.get(image.id);
    if (known) return known;
    const picture = new Image();
    Object.assign(picture, {
      src: image.file_url,
      alt: image.name,
      decoding: "async",
      draggable: false,
    });
    picture.classList.toggle("is-tiny", image.width <= 64);
    this.pictures.set(image.id, picture);
    return picture;
  }

  firstUndecided() {
    return this.items.findIndex((item) => !item.decided);
  }
}
