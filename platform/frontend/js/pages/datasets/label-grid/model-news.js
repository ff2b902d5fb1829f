// The line about the instant model, and the word that its first suggestions are there.

import { request } from "../../../csrf.js";
import { el } from "../../../dom.js";
import { switchOn } from "../label/switch-on.js";
import { modelWords } from "./words.js";

/** @import { InstantModel } from "../../../../types/api" */

const LOOK_MILLISECONDS = 1500;

export class ModelNews {
  /** @type {InstantModel | null} as the screen was made with it */
  model = null;
  /** @type {number | undefined} */
  timer;

  /**
   * @param {{model: string, dataset: string}} urls of the instant model and its dataset
   * @param {{line: HTMLElement, news: HTMLElement, use: HTMLElement}} parts
   * @param {() => unknown} reload shows what is suggested
   */
  constructor(urls, { line, news, use }, reload) {
    this.urls = urls;
    this.line = line;
    this.news = news;
    this.use = use;
    this.reload = reload;
  }

  /** @param {InstantModel} model that the screen now shown was made with */
  seen(model) {
    this.model = model;
    this.say(model);
    this.news.hidden = true;
    if (model.status === "off") this.offer(model);
    else this.look();
  }

  /** @param {InstantModel} model */
  say(model) {
    this.line.textContent = model.status === "off" ? "" : modelWords(model);
    this.use.hidden = model.updated_at === null;
  }

  look() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask().catch(() => this.look()), LOOK_MILLISECONDS);
  }

  async ask() {
    if (document.hidden) return this.look();
    /** @type {InstantModel} */
    const now = await request(this.urls.model);
    this.say(now);
    if (this.model && this.model.updated_at === null && now.updated_at !== null) this.tell();
    const settled = now.status === "ready" && now.accuracy !== null;
    return settled || now.status === "no_vectors" ? undefined : this.look();
  }

  /** @param {InstantModel} model that is switched off */
  offer(model) {
    this.show(
      el("span", { text: model.detail }),
      switchOn(this.urls.dataset, () => this.reload()),
    );
  }

  /** What a person looks at is not changed under their eyes. */
  tell() {
    const onclick = () => this.reload();
    this.show(
      el("span", { text: "The first suggestions are there." }),
      el("button", { type: "button", class: "btn btn-sm", text: "Show them", onclick }),
    );
  }

  /** @param {HTMLElement[]} parts */
  show(...parts) {
    this.news.replaceChildren(...parts);
    this.news.className = "grid-news";
    this.news.hidden = false;
  }
}
