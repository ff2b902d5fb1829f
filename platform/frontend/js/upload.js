// Uploads with progress. XMLHttpRequest, because fetch() cannot tell how much has been sent.

import { csrfToken, problemFrom, statusOf } from "./csrf.js";
import { formatBytes, formatDuration } from "./format.js";

/** What goes away by itself: no connection, a server that is starting, a proxy without a server. */
export const CONNECTION_TROUBLE = new Set([0, 408, 502, 503, 504]);
const RETRY_SECONDS = [1, 2, 5, 10, 20, 30, 30, 30];

/** Speed over the last ten seconds, so that "time left" follows the line and not the average. */
export class Speedometer {
  constructor(now = () => performance.now()) {
    this.now = now;
    /** @type {[time: number, bytes: number][]} */
    this.marks = [];
  }

  /**
   * @param {number} bytes sent so far, whatever was there before counted in
   * @returns {number} bytes per second
   */
  mark(bytes) {
    const time = this.now();
    this.marks.push([time, bytes]);
    while (this.marks.length > 2 && time - this.marks[0][0] > 10_000) this.marks.shift();
    const [start, first] = this.marks[0];
    return time > start ? Math.max(0, ((bytes - first) / (time - start)) * 1000) : 0;
  }

  /** After a pause: what lies before it says nothing about the line. */
  restart() {
    this.marks = [];
  }
}

/**
 * "12.3 MB of 40 MB · 5.1 MB/s · 6 s left"
 * @param {number} sent bytes
 * @param {number} total
 * @param {number} perSecond
 */
export function uploadFigures(sent, total, perSecond) {
  const parts = [`${formatBytes(sent)} of ${formatBytes(total)}`];
  if (perSecond > 0) parts.push(`${formatBytes(perSecond)}/s`);
  if (perSecond > 0 && sent < total)
    parts.push(`${formatDuration((total - sent) / perSecond)} left`);
  return parts.join(" · ");
}

/**
 * @typedef {object} UploadOptions
 * @property {(sent: number, total: number) => void} [onProgress] in bytes
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 */

/**
 * @param {string} url
 * @param {FormData} form
 * @param {UploadOptions} [options]
 * @returns {Promise<any>} the answer's JSON, or null when it has none
 * @throws {Problem} what the server said; `AbortError` when cancelled
 */
export function upload(url, form, { onProgress, signal, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open("POST", url);
    for (const [name, value] of Object.entries({
      "X-CSRFToken": csrfToken(),
      Accept: "application/json",
      ...headers,
    }))
      xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) =>
      event.lengthComputable && onProgress?.(event.loaded, event.total);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        const json = xhr.getResponseHeader("Content-Type")?.includes("json");
        resolve(json ? JSON.parse(xhr.responseText) : null);
      } else reject(problemFrom(xhr.status, xhr.responseText));
    };
    xhr.onerror = () => reject(problemFrom(0, ""));
    xhr.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) return void abort();
    xhr.send(form);
  });
}

/**
 * Calls `send` again, for two minutes, while it fails for want of a connection.
 * @param {() => Promise<any>} send something that may be done twice
 * @param {{onTrouble?: (lost: boolean) => void, signal?: AbortSignal}} [options]
 */
export async function persistently(send, { onTrouble, signal } = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await send();
      onTrouble?.(false);
      return answer;
    } catch (problem) {
      const status = statusOf(problem);
      if (status === undefined || !CONNECTION_TROUBLE.has(status)) throw problem;
      if (attempt >= RETRY_SECONDS.length) throw problem;
      onTrouble?.(true);
      await pause(RETRY_SECONDS[attempt], signal);
    }
  }
}

/**
 * Waits so many seconds, or until the browser finds a network again.
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
async function pause(seconds, signal) {
  /** @type {PromiseWithResolvers<void>} */
  const { promise, resolve, reject } = Promise.withResolvers();
  const over = new AbortController();
  const timer = setTimeout(resolve, seconds * 1000);
  addEventListener("online", () => resolve(), { signal: over.signal });
  const cancelled = () => reject(new DOMException("Cancelled", "AbortError"));
  signal?.addEventListener("abort", cancelled, { signal: over.signal });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
