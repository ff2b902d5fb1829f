// One run of uploads: archives and batches of images, one after the other, through lost
// connections.

import { Problem, request, statusOf } from "./csrf.js";
import { batchesOf, folderOf, isArchive } from "./dropped-files.js";
import { persistently, upload } from "./upload.js";

// Smaller archives go up in one request: for them a resumable upload is three requests too many.
const RESUMABLE_FROM_BYTES = 8e6;
// After these the next batch would fare no better: signed out, no right, gone, in the trash.
const FINAL = new Set([0, 401, 403, 404, 409, 502, 503, 504]);

/**
 * @import { UploadAnswer } from "../types/api"
 * @import { Entry } from "./dropped-files.js"
 * @import { ResumableUpload } from "./resumable.js"
 */

/**
 * @typedef {object} Task one request, or one resumable upload
 * @property {string} url
 * @property {Entry[]} entries
 * @property {number} bytes
 * @property {string} [folder]
 * @property {boolean} [resumable]
 * @property {boolean} [ask] whether to show how an archive is read before it is imported
 * @property {string} key the same when it is sent again
 */

/**
 * What to send for these entries; images of one folder go together when `byFolder`.
 * @param {Entry[]} entries
 * @param {object} how
 * @param {string} how.archiveUrl empty where there is none, as the others
 * @param {string} how.imagesUrl
 * @param {string} how.uploadsUrl
 * @param {boolean} how.byFolder
 * @param {boolean} [how.ask] whether to show how an archive is read before it is imported
 * @returns {Task[]}
 */
export function tasksFor(entries, { archiveUrl, imagesUrl, uploadsUrl, byFolder, ask }) {
  const archives = archiveUrl ? entries.filter(isArchive) : [];
  const images = imagesUrl ? entries.filter((entry) => !isArchive(entry)) : [];
  return [
    ...archives.map((entry) =>
      task(archiveUrl, [entry], {
        resumable: Boolean(uploadsUrl) && entry.file.size >= RESUMABLE_FROM_BYTES,
        ask,
      }),
    ),
    ...batchesOf(images, { byFolder }).map((batch) =>
      task(imagesUrl, batch, { folder: byFolder ? folderOf(batch[0]) : "" }),
    ),
  ];
}

/**
 * @param {string} url
 * @param {Entry[]} entries
 * @param {{folder?: string, resumable?: boolean, ask?: boolean}} more
 * @returns {Task}
 */
function task(url, entries, more) {
  const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
  return {
    url,
    entries,
    bytes,
    key: [...crypto.getRandomValues(new Uint32Array(4))].join("-"),
    ...more,
  };
}

/** Sends tasks in order. After a failure `go()` again goes on with what has not been answered. */
export class UploadRun {
  /**
   * @param {Task[]} tasks
   * @param {string} uploadsUrl
   * @param {object} listeners
   * @param {(sent: number, total: number) => void} listeners.onProgress in bytes
   * @param {(lost: boolean) => void} listeners.onTrouble
   */
  constructor(tasks, uploadsUrl, { onProgress, onTrouble }) {
    this.tasks = tasks;
    this.uploadsUrl = uploadsUrl;
    this.onProgress = onProgress;
    this.onTrouble = onTrouble;
    this.total = tasks.reduce((sum, { bytes }) => sum + bytes, 0);
    /** @type {UploadAnswer[]} */
    this.answers = [];
    this.sent = 0;
    this.cancelled = new AbortController();
    /** @type {PromiseWithResolvers<void> | null} */
    this.waiting = null;
    /** @type {ResumableUpload | null} */
    this.resumable = null;
  }

  get pausable() {
    return this.tasks.length > 1 || this.tasks.some(({ resumable }) => resumable);
  }

  /**
   * @returns {Promise<UploadAnswer[]>} every answer, in order
   * @throws {Problem} or an `AbortError`
   */
  async go() {
    /** @param {Event} event */
    const warn = (event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    try {
      while (this.answers.length < this.tasks.length) {
        await this.waiting?.promise;
        this.cancelled.signal.throwIfAborted();
        const next = this.tasks[this.answers.length];
        this.answers.push(await (next.resumable ? this.sendResumably(next) : this.send(next)));
        this.sent += next.bytes;
        this.onProgress(this.sent, this.total);
      }
      return this.answers;
    } finally {
      removeEventListener("beforeunload", warn);
    }
  }

  pause() {
    this.waiting ??= Promise.withResolvers();
    this.resumable?.pause();
  }

  resume() {
    this.waiting?.resolve();
    this.waiting = null;
    this.resumable?.resume();
  }

  cancel() {
    this.cancelled.abort(new DOMException("Cancelled", "AbortError"));
    this.waiting?.resolve();
    this.resumable?.cancel();
  }

  /** @param {Task} next @returns {Promise<UploadAnswer>} */
  async send(next) {
    const { signal } = this.cancelled;
    /** @param {number} sent @param {number} all */
    const onProgress = (sent, all) =>
      this.onProgress(this.sent + (sent / all) * next.bytes, this.total);
    // Images that come twice are found to be there; an archive is known by its key.
    /** @type {Record<string, string>} */
    const headers = isArchive(next.entries[0]) ? { "Idempotency-Key": next.key } : {};
    try {
      return await persistently(
        () => upload(next.url, formOf(next), { onProgress, signal, headers }),
        { onTrouble: this.onTrouble, signal },
      );
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (FINAL.has(problem.status) || isArchive(next.entries[0])) throw problem;
      const { status, message: detail } = problem;
      return { results: next.entries.map(({ file: { name } }) => ({ name, status, detail })) };
    }
  }

  /** @param {Task} next @returns {Promise<UploadAnswer>} */
  async sendResumably(next) {
    const { signal } = this.cancelled;
    const { ResumableUpload } = await import("./resumable.js");
    const whole = new ResumableUpload(next.entries[0].file, this.uploadsUrl, {
      onProgress: (sent) => this.onProgress(this.sent + sent, this.total),
      onTrouble: this.onTrouble,
    });
    this.resumable = whole;
    let id;
    try {
      if (signal.aborted) whole.cancel();
      id = await whole.send();
    } finally {
      this.resumable = null;
    }
    this.onProgress(this.sent + next.bytes, this.total);
    try {
      const headers = { "Idempotency-Key": next.key };
      const json = { upload: id, ...(next.ask && { ask: true }) };
      const answer = await persistently(
        () => request(next.url, { method: "POST", json, headers, signal }),
        { onTrouble: this.onTrouble, signal },
      );
      await whole.forget();
      return answer;
    } catch (problem) {
      // What the server refuses, it refuses again; without a connection it can be asked again.
      const status = statusOf(problem);
      if (status === undefined || !FINAL.has(status)) await whole.cancel();
      throw problem;
    }
  }
}

/** @param {Task} task */
function formOf({ entries, folder, ask }) {
  const form = new FormData();
  if (ask) form.append("ask", "true");
  if (folder) form.append("class_name", folder);
  for (const { file } of entries)
    form.append(isArchive(entries[0]) ? "archive" : "images", file, file.name);
  return form;
}
