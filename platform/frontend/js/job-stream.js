// One job, live: the events of /api/v1/jobs/{id}/events/. <job-progress> (job-progress.js) draws
// them.

import { request, statusOf } from "./csrf.js";

/**
 * @import { Status } from "../types/api"
 * @typedef {"status" | "progress" | "epoch" | "samples" | "log"} Kind
 */

/** @type {readonly Status[]} */
export const ENDED = ["succeeded", "failed", "cancelled"];
/** @type {readonly Status[]} */
export const WAITING = ["pending", "queued", "retry_wait"];
/** @type {readonly Kind[]} */
const KINDS = ["status", "progress", "epoch", "samples", "log"];
// Browsers open six connections to a host over HTTP/1.1; streams must leave most of them to the
// page.
const MAX_STREAMS = 2;
let streams = 0;

/** Follows one job; see `followJob`. */
class Follower {
  /** @param {string} id @param {(kind: Kind, data: any) => void} onEvent */
  constructor(id, onEvent) {
    this.address = `/api/v1/jobs/${id}/`;
    this.onEvent = onEvent;
    /** @type {Set<string>} */
    this.seen = new Set();
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.failures = 0;
    this.stopped = false;
    this.restart = this.restart.bind(this);
  }

  start() {
    document.addEventListener("visibilitychange", this.restart);
    if (document.hidden) this.ask();
    else this.listen();
  }

  stop() {
    this.stopped = true;
    this.close();
    document.removeEventListener("visibilitychange", this.restart);
  }

  restart() {
    this.close();
    if (!this.stopped) this.ask();
  }

  close() {
    if (this.source) {
      this.source.close();
      this.source = null;
      streams -= 1;
    }
    clearTimeout(this.timer);
  }

  /** @param {Kind} kind @param {any} data */
  tell(kind, data) {
    this.onEvent(kind, data);
    if (kind === "status" && ENDED.includes(data.status)) this.stop();
  }

  async ask() {
    try {
      const job = await request(this.address);
      this.failures = 0;
      if (this.stopped) return;
      this.tell("progress", job.progress ?? {});
      this.tell("status", job);
    } catch (problem) {
      this.failures += 1;
      if ([401, 403, 404].includes(statusOf(problem) ?? 0)) this.stop();
    }
    if (!this.stopped) this.timer = window.setTimeout(() => this.askOrListen(), this.patience);
  }

  /** Milliseconds until the next question. */
  get patience() {
    return document.hidden ? 15_000 : Math.min(30_000, 2000 * 2 ** this.failures);
  }

  askOrListen() {
    if (document.hidden) this.ask();
    else this.listen();
  }

  listen() {
    if (streams >= MAX_STREAMS) return void this.ask();
    streams += 1;
    const source = new EventSource(`${this.address}events/`);
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.hear(kind, event));
    source.onerror = () => {
      // Else the browser reconnects, with Last-Event-ID.
      if (this.source?.readyState === EventSource.CLOSED) this.restart();
    };
  }

  /** @param {Kind} kind @param {MessageEvent<string>} event */
  hear(kind, event) {
    this.failures = 0;
    if (event.lastEventId && this.seen.has(event.lastEventId)) return;
    if (event.lastEventId) this.seen.add(event.lastEventId);
    this.tell(kind, JSON.parse(event.data));
  }
}

/**
 * Follows a job until it ends: by server-sent events while the page is visible, else by asking now
 * and then. A dropped stream resumes after the last event seen; an event seen twice is told once.
 * @param {string} id
 * @param {(kind: Kind, data: any) => void} onEvent `data` is what the API's page of events says
 * @returns {() => void} stops following
 */
export function followJob(id, onEvent) {
  const follower = new Follower(id, onEvent);
  follower.start();
  return () => follower.stop();
}
