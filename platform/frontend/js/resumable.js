// Large archives on their way up by tus: what has arrived stays, through lost connections and
// reloads.

import { Upload } from "../vendor/tus.js";
import { csrfToken, problemFrom } from "./csrf.js";
import { CONNECTION_TROUBLE } from "./upload.js";

// A proxy in front of Loupe may keep a request back until it is whole: then this is what a cut
// costs.
const CHUNK_BYTES = 16 << 20;
// Ten minutes of trying, counted from the last byte that arrived.
const RETRY_DELAYS = [0, 1000, 2000, 5000, ...Array(60).fill(10_000)];
const STORED_PREFIX = "tus::";

/** @import { DetailedError } from "tus-js-client" */

/**
 * @typedef {object} Interrupted
 * @property {string} name
 * @property {number} share of it that arrived
 * @property {() => void} forget
 */

/** The answer in which an upload failed, if there was one. @param {Error | DetailedError} error */
const answerOf = (error) => ("originalResponse" in error ? error.originalResponse : null);

/** One archive. `send()` ends when the server has every byte; pause and resume at will. */
export class ResumableUpload {
  /**
   * @param {File} file
   * @param {string} endpoint where uploads are created
   * @param {object} listeners
   * @param {(sent: number) => void} listeners.onProgress in bytes
   * @param {(lost: boolean) => void} listeners.onTrouble
   */
  constructor(file, endpoint, { onProgress, onTrouble }) {
    /** @type {PromiseWithResolvers<string>} */
    this.finished = Promise.withResolvers();
    this.lost = false;
    /** @param {boolean} lost */
    const trouble = (lost) => {
      if (lost !== this.lost) onTrouble(lost);
      this.lost = lost;
    };
    this.upload = new Upload(file, {
      endpoint: new URL(endpoint, location.href).href,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS,
      metadata: { filename: file.name },
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      onProgress: (sent) => {
        trouble(false);
        onProgress(sent);
      },
      onShouldRetry: (error) => {
        const status = answerOf(error)?.getStatus() ?? 0;
        const again = CONNECTION_TROUBLE.has(status) || status === 409;
        trouble(again);
        return again;
      },
      onError: (error) => {
        const answer = answerOf(error);
        this.finished.reject(problemFrom(answer?.getStatus() ?? 0, answer?.getBody() ?? ""));
      },
      onSuccess: () => this.finished.resolve(this.id),
    });
    this.online = () => this.lost && this.restart();
  }

  /** The last part of the upload's address, which it has once `send` has reached the server. */
  get id() {
    const { pathname } = new URL(this.upload.url ?? "", location.href);
    return pathname.split("/").filter(Boolean).at(-1) ?? "";
  }

  /**
   * @returns {Promise<string>} the id of the finished upload
   * @throws {Problem} or an `AbortError` when cancelled
   */
  async send() {
    addEventListener("online", this.online);
    try {
      const [previous] = await this.upload.findPreviousUploads();
      if (previous) this.upload.resumeFromPreviousUpload(previous);
      this.upload.start();
      return await this.finished.promise;
    } finally {
      removeEventListener("online", this.online);
    }
  }

  pause() {
    this.upload.abort();
  }

  resume() {
    this.upload.start();
  }

  restart() {
    this.pause();
    this.resume();
  }

  /** Gives it up, here and on the server. */
  async cancel() {
    this.finished.reject(new DOMException("Cancelled", "AbortError"));
    await this.upload.abort(true).catch(() => {});
    await this.forget();
  }

  /** Once it has served: the next upload of the same file begins at 0. */
  async forget() {
    for (const { urlStorageKey } of await this.upload.findPreviousUploads())
      if (urlStorageKey) localStorage.removeItem(urlStorageKey);
  }
}

/**
 * Uploads that a reload or a crash cut off and that the server still keeps.
 * @param {string} endpoint where uploads are created
 */
export async function interruptedUploads(endpoint) {
  /** @type {Interrupted[]} */
  const found = [];
  for (const key of Object.keys(localStorage).filter(
    (name) => name.startsWith(STORED_PREFIX) && name.includes(endpoint),
  )) {
    const { uploadUrl, metadata, size } = JSON.parse(localStorage.getItem(key) ?? "{}");
    const offset = uploadUrl ? await offsetOf(uploadUrl) : null;
    const forget = () => {
      localStorage.removeItem(key);
      fetch(uploadUrl, {
        method: "DELETE",
        headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": csrfToken() },
      }).catch(() => {});
    };
    if (offset === null) localStorage.removeItem(key);
    else if (offset !== undefined)
      found.push({ name: metadata.filename, share: offset / size, forget });
  }
  return found;
}

/**
 * @param {string} url of an upload
 * @returns {Promise<number|null|undefined>} null: it is gone; undefined: not known
 */
async function offsetOf(url) {
  try {
    const response = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    if (response.status === 404) return null;
    return response.ok ? Number(response.headers.get("Upload-Offset")) : undefined;
  } catch {
    return undefined;
  }
}
