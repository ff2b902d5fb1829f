// What the instant model suggests for the image on the screen. Each fit makes what came with the
// list old; the next few images are asked about again.

import { request } from "../../../csrf.js";
import { el } from "../../../dom.js";
import { certainty, modelWords } from "../label-grid/words.js";
import { switchOn } from "./switch-on.js";

/**
 * @import { Image as ApiImage, InstantModel } from "../../../../types/api"
 * @import { Item, Queue } from "./queue.js"
 */

const LOOK_MILLISECONDS = 1000;
const AHEAD = 3;

export class Suggestions {
  /** @type {InstantModel | null} */
  model = null;
  /** @type {WeakMap<Item, string>} when the fit was that an item's suggestion comes from */
  known = new WeakMap();
  /** @type {number | undefined} */
  timer;

  /**
   * @param {{model: string, dataset: string}} urls of the instant model and its dataset
   * @param {Queue} queue
   * @param {HTMLElement} place
   * @param {() => void} changed
   */
  constructor(urls, queue, place, changed) {
    this.urls = urls;
    this.queue = queue;
    this.place = place;
    this.changed = changed;
    this.ask().catch(() => this.look());
  }

  /** @returns {string | null} the class that is suggested for the image on the screen */
  get current() {
    const image = this.queue.current?.image;
    return image && image.class_name === null ? (image.suggested_class ?? null) : null;
  }

  /** Shows it, and returns its class. */
  show() {
    const image = this.queue.current?.image;
    const { current } = this;
    this.refresh();
    if (current && image) {
      const sure = certainty(image.suggested_probability);
      const button = el(
        "button",
        { type: "button", class: "btn", "data-do": "accept", "aria-keyshortcuts": "Enter" },
        el("span", { class: "by-key" }, el("kbd", { text: "Enter" }), " accepts "),
        el("span", { class: "by-touch", text: "Accept " }),
        el("strong", { text: current }),
        el("span", { class: "tabular", text: sure }),
      );
      this.place.replaceChildren(button);
    } else {
      const waits = image && image.class_name === null && this.model && !this.model.updated_at;
      const text = waits && this.model ? modelWords(this.model) : "";
      this.place.replaceChildren(el("span", { class: "quiet", text }));
      if (text && this.model?.status === "off")
        this.place.append(switchOn(this.urls.dataset, () => this.ask()));
    }
    return current;
  }

  /** Looks soon whether labels have changed what is suggested. */
  look() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask().catch(() => this.look()), LOOK_MILLISECONDS);
  }

  async ask() {
    const before = this.model?.updated_at ?? null;
    /** @type {InstantModel} */
    const model = await request(this.urls.model);
    this.model = model;
    if (model.updated_at !== before) await this.refresh();
    else if (!model.updated_at) this.changed();
    if (model.status === "fitting" || model.status === "embedding") this.look();
  }

  /** Asks again about the image on the screen and those that come next. */
  async refresh() {
    const at = this.model?.updated_at;
    if (!at) return;
    const { index, items } = this.queue;
    const old = items
      .slice(index, index + AHEAD)
      .filter((item) => item.image.class_name === null && this.known.get(item) !== at);
    if (!old.length) return;
    for (const item of old) this.known.set(item, at);
    await Promise.all(
      old.map(async (item) => {
        /** @type {ApiImage} */
        const now = await request(`/api/v1/images/${item.image.id}/`);
        item.image.suggested_class = now.suggested_class;
        item.image.suggested_probability = now.suggested_probability;
      }),
    ).catch(() => {});
    this.changed();
  }
}
