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

/** One archive. `send()` ends when the server has every byte; pause and resume as often as you like. */
export class ResumableUpload {
  /**
   * @param {File} file
   * @param {string} endpoint where uploads are created
   * @param {{onProgress?: (sent: number) => void, onTrouble?: (lost: boolean) => void}} listeners
   */
  constructor(file, endpoint, { onProgress, onTrouble } = {}) {
    this.finished = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.lost = false;
    const trouble = (lost) => {
      if (lost !== this.lost) onTrouble?.(lost);
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
        onProgress?.(sent);
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = CONNECTION_TROUBLE.has(status) || status === 409;
        trouble(again);
        return again;
      },
      onError: (error) =>
        this.reject(
          problemFrom(
            error.originalResponse?.getStatus() ?? 0,
            error.originalResponse?.getBody() ?? "",
          ),
        ),
      onSuccess: () => this.resolve(this.id),
    });
    this.online = () => this.lost && this.restart();
  }

  get id() {
    return new URL(this.upload.url, location.href).pathname.split("/").filter(Boolean).at(-1);
  }

  /** @returns {Promise<string>} the id of the finished upload @throws {Problem} or an `AbortError` when cancelled */
  async send() {
    addEventListener("online", this.online);
    try {
      const [previous] = await this.upload.findPreviousUploads();
      if (previous) this.upload.resumeFromPreviousUpload(previous);
      this.upload.start();
      return await this.finished;
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
    this.reject(new DOMException("Cancelled", "AbortError"));
    await this.upload.abort(true).catch(() => {});
    await this.forget();
  }

  /** Once it has served: the next upload of the same file begins at 0. */
  async forget() {
    for (const { urlStorageKey } of await this.upload.findPreviousUploads())
      localStorage.removeItem(urlStorageKey);
  }
}

/** Uploads that a reload or a crash cut off and that the server still keeps. @returns {Promise<{name: string, share: number, forget: () => void}[]>} */
export async function interruptedUploads(endpoint) {
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

/** @returns {Promise<number|null|undefined>} null: it is gone; undefined: not known */
async function offsetOf(url) {
  try {
    const response = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    if (response.status === 404) return null;
    return response.ok ? Number(response.headers.get("Upload-Offset")) : undefined;
  } catch {
    return undefined;
  }
}
