// The classes that an item may have: those of the dataset that its image is in or goes into, else
// what the model answered. Each dataset is asked once.

import { request } from "../../../csrf.js";

/**
 * @import { ClassLabel, Page } from "../../../../types/api"
 * @import { Item } from "./claims.js"
 */

export class ClassNames {
  /** @type {Map<string, Promise<string[]>>} */
  known = new Map();

  /** @param {string} url of a dataset's classes, with {id} */
  constructor(url) {
    this.url = url;
  }

  /** @param {string} dataset its id, empty for none @param {Item} item */
  async of(dataset, item) {
    const answered = item.suggested.map(({ class_name }) => class_name);
    if (!dataset) return answered;
    if (!this.known.has(dataset)) this.known.set(dataset, this.read(dataset));
    const names = await this.known.get(dataset)?.catch(() => []);
    return [...new Set([...(names ?? []), ...answered])];
  }

  /** A class that an answer has made. @param {string} dataset @param {string} name */
  async add(dataset, name) {
    const names = await this.known.get(dataset)?.catch(() => undefined);
    if (names && !names.includes(name)) names.push(name);
  }

  /** @param {string} dataset @returns {Promise<string[]>} */
  async read(dataset) {
    /** @type {string[]} */
    const names = [];
    /** @type {string | null} */
    let next = `${this.url.replace("{id}", dataset)}?page_size=500`;
    while (next) {
      /** @type {Page<ClassLabel>} */
      const page = await request(next);
      names.push(...page.results.map(({ name }) => name));
      next = page.next;
    }
    return names.sort((a, b) => a.localeCompare(b));
  }
}
