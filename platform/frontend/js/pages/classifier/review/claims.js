// The items that this page holds: claimed a few at a time, held on to while the page is looked at,
// and let go of when it closes.

import { csrfToken, request } from "../../../csrf.js";

/**
 * @import { ReviewItem } from "../../../../types/api"
 *
 * @typedef {object} Decided
 * @property {boolean} [decided] answered or skipped here
 * @property {string | null} [answered] the class that was given here
 * @typedef {ReviewItem & Decided} Item
 *
 * @typedef {object} Review what the page knows; addresses have {id} where an id stands
 * @property {string} claim
 * @property {string} release
 * @property {string} answer
 * @property {string} undo
 * @property {string} classes
 * @property {string} select
 * @property {string} organization
 * @property {string} order
 * @property {Record<string, string>} part
 * @property {number} total
 * @property {{id: string, name: string}[]} datasets
 * @property {Record<string, string>} learned the dataset of a model, by its id
 */

const [AHEAD, MOST] = [5, 20];
const HOLD_MILLISECONDS = 240_000;

export class Claims {
  /** @type {Item[]} */
  items = [];
  index = 0;
  open;
  held = 0;
  skipped = 0;
  /** @type {Promise<void> | null} */
  pending = null;
  /** @type {Map<string, HTMLImageElement>} */
  pictures = new Map();

  /** @param {Review} review @param {() => number} unsaved how many answers are on their way */
  constructor(review, unsaved) {
    this.review = review;
    this.unsaved = unsaved;
    this.open = review.total;
    setInterval(() => this.hold(), HOLD_MILLISECONDS);
    addEventListener("pagehide", () => this.letGo());
  }

  /** @returns {Item | undefined} */
  get current() {
    return this.items[this.index];
  }

  get undecided() {
    return this.items.filter((item) => !item.decided).length;
  }

  /** @param {number} index @throws {Problem} when nothing can be claimed */
  async go(index) {
    this.index = Math.max(0, Math.min(index, this.items.length));
    if (this.index >= this.items.length) await this.more();
    else if (this.items.length - this.index <= AHEAD) this.more().catch(() => {});
    this.prefetch();
  }

  more() {
    this.pending ??= this.claim().finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  /** @param {boolean} [skipped] also what this person has skipped */
  async claim(skipped = false) {
    const { claim, organization, order, part } = this.review;
    const count = Math.min(MOST, this.undecided + this.unsaved() + AHEAD);
    const json = { organization, order, count, skipped, ...part };
    const found = await request(claim, { method: "POST", json });
    const known = new Set(this.items.map((item) => item.id));
    for (const item of found.items) if (!known.has(item.id)) this.items.push(item);
    this.open = found.open;
    this.held = found.held_by_others;
    this.skipped = found.skipped;
    this.prefetch();
  }

  /** Who looks at an image longer than a claim lasts keeps it. */
  hold() {
    if (document.visibilityState === "visible" && this.undecided) this.more().catch(() => {});
  }

  letGo() {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const items = this.items.filter((item) => !item.answered).map((item) => item.id);
    const { organization } = this.review;
    const body = JSON.stringify({ organization, items: items.slice(-MOST) });
    fetch(this.review.release, { method: "POST", headers, body, keepalive: true });
  }

  /** Asks again what was skipped, after all others. */
  async again() {
    this.items = this.items.filter((item) => !item.decided || item.answered);
    await this.claim(true);
    await this.go(this.items.findIndex((item) => !item.decided));
  }

  prefetch() {
    const near = this.items.slice(Math.max(0, this.index - 1), this.index + 4);
    const ids = new Set(near.map((item) => item.id));
    for (const id of this.pictures.keys()) if (!ids.has(id)) this.pictures.delete(id);
    for (const item of near) this.picture(item);
  }

  /** The picture of an item, loading or loaded. @param {Item} item */
  picture(item) {
    const known = this.pictures.get(item.id);
    if (known) return known;
    const picture = new Image();
    picture.addEventListener("load", () =>
      picture.classList.toggle("is-tiny", picture.naturalWidth <= 64),
    );
    Object.assign(picture, {
      src: item.file_url,
      alt: item.name,
      decoding: "async",
      draggable: false,
    });
    this.pictures.set(item.id, picture);
    return picture;
  }
}
