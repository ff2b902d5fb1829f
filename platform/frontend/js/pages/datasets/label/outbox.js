// Labels on their way to the server: one after the other, in order, tried again until they arrive.

import { Problem, request } from "../../../csrf.js";

/**
 * @typedef {object} Change
 * @property {string} url
 * @property {string} [method] PATCH where it is not given
 * @property {object} json
 * @property {(problem: unknown) => unknown} refused the server said no
 */

const WAITS = [1, 2, 5, 10, 30];

/**
 * What may come right by waiting: no connection, a server that is restarting or busy.
 * @param {unknown} problem what was caught
 */
const passes = (problem) =>
  problem instanceof Problem &&
  (problem.status === 0 || problem.status === 429 || problem.status >= 500);

/** Dispatches `change` whenever what is unsent changes. */
export class Outbox extends EventTarget {
  /** @type {Change[]} */
  waiting = [];
  failures = 0;
  /** @type {number | null} */
  timer = null;
  busy = false;

  /** @param {number} limit how many changes may wait */
  constructor(limit) {
    super();
    this.limit = limit;
    addEventListener("beforeunload", (event) => {
      if (this.waiting.length) event.preventDefault();
    });
    addEventListener("online", () => this.retry());
  }

  get full() {
    return this.waiting.length >= this.limit;
  }

  /** @param {Change} change */
  push(change) {
    this.waiting.push(change);
    this.tell();
    this.drain();
  }

  retry() {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    this.drain();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  async drain() {
    if (this.busy || this.timer) return;
    this.busy = true;
    while (this.waiting.length && (await this.send(this.waiting[0]))) this.tell();
    this.busy = false;
    this.tell();
  }

  /** @param {Change} change @returns {Promise<boolean>} whether it is dealt with */
  async send(change) {
    try {
      await request(change.url, { method: change.method ?? "PATCH", json: change.json });
    } catch (problem) {
      if (passes(problem)) {
        const seconds = WAITS[Math.min(this.failures, WAITS.length - 1)];
        this.failures += 1;
        this.timer = window.setTimeout(() => this.retry(), seconds * 1000);
        return false;
      }
      await change.refused(problem);
    }
    this.failures = 0;
    this.waiting.shift();
    return true;
  }
}
