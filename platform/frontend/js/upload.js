// Uploads with progress. XMLHttpRequest, because fetch() cannot tell how much has been sent.

import { csrfToken, problemFrom } from "./csrf.js";
import { formatBytes, formatDuration } from "./format.js";

/** Speed over the last ten seconds, so that "time left" follows the line and not the average. */
export class Speedometer {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.marks = [[now(), 0]];
  }

  /** @param {number} bytes sent so far @returns {number} bytes per second */
  mark(bytes) {
    const time = this.now();
    this.marks.push([time, bytes]);
    while (this.marks.length > 2 && time - this.marks[0][0] > 10_000) this.marks.shift();
    const [start, first] = this.marks[0];
    return time > start ? ((bytes - first) / (time - start)) * 1000 : 0;
  }
}

/** "12.3 MB of 40 MB · 5.1 MB/s · 6 s left" */
export function uploadFigures(sent, total, perSecond) {
  const parts = [`${formatBytes(sent)} of ${formatBytes(total)}`];
  if (perSecond > 0) parts.push(`${formatBytes(perSecond)}/s`);
  if (perSecond > 0 && sent < total) parts.push(`${formatDuration((total - sent) / perSecond)} left`);
  return parts.join(" · ");
}

/**
 * @param {string} url
 * @param {FormData} form
 * @param {{onProgress?: (sent: number, total: number) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON, or null when it has none
 * @throws {Problem} what the server said; `AbortError` when cancelled
 */
export function upload(url, form, { onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open("POST", url);
    xhr.setRequestHeader("X-CSRFToken", csrfToken());
    xhr.setRequestHeader("Accept", "application/json");
    xhr.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded, event.total);
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
