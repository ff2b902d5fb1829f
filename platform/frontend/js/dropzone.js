// <drop-zone>: files dropped on it (or anywhere on the page), pasted or picked; uploads with
// progress.
// Attributes: archive-url, images-url, uploads-url (large archives go there, by tus),
// after-upload-url, whole-page, paste, by-folder; events: files, uploaded, upload-failed.

import { isAbort } from "./csrf.js";
import { allWithin, el } from "./dom.js";
import { entriesOf, entriesOfInput, isArchive, isJunk } from "./dropped-files.js";
import { toast } from "./toast.js";
import { UploadPanel } from "./upload-panel.js";
import { tasksFor, UploadRun } from "./upload-run.js";

/**
 * @import { UploadAnswer } from "../types/api"
 * @import { Entry } from "./dropped-files.js"
 */

/** @param {DragEvent} event */
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

export class DropZone extends HTMLElement {
  gone = new AbortController();
  veil = el("div", { class: "drop-veil", hidden: true });
  place = el("div", { class: "upload", hidden: true });
  panel = new UploadPanel(this.place);
  depth = 0;
  /** @type {UploadRun | null} */
  run = null;

  connectedCallback() {
    this.gone = new AbortController();
    this.veil.textContent = this.getAttribute("veil") ?? "Drop to upload";
    this.append(this.veil, this.place);
    this.depth = 0;
    this.listen();
    for (const part of allWithin(this, "[data-no-script]")) part.hidden = true;
    for (const part of allWithin(this, "[data-with-script]")) part.hidden = false;
    this.offerInterrupted();
  }

  listen() {
    /**
     * The compiler knows the event of a name, but not that the listener takes that one.
     * @template {keyof HTMLElementEventMap} Name
     * @param {HTMLElement | Document} target
     * @param {Name} name
     * @param {(event: HTMLElementEventMap[Name]) => unknown} listener
     */
    const on = (target, name, listener) =>
      target.addEventListener(name, /** @type {EventListener} */ (listener), {
        signal: this.gone.signal,
      });
    const surface = this.hasAttribute("whole-page") ? document : this;
    on(surface, "dragenter", (event) => this.drag(event, 1));
    on(surface, "dragleave", (event) => this.drag(event, -1));
    on(surface, "dragover", (event) => carriesFiles(event) && event.preventDefault());
    on(surface, "drop", (event) => this.drop(event));
    on(this, "change", (event) => this.pick(event));
    on(this, "submit", (event) => event.preventDefault());
    if (this.hasAttribute("paste")) on(document, "paste", (event) => this.paste(event));
  }

  disconnectedCallback() {
    this.gone.abort();
    this.run?.pause();
  }

  /** @param {DragEvent} event @param {1 | -1} step in or out of one more element */
  drag(event, step) {
    if (!carriesFiles(event)) return;
    this.depth = Math.max(0, this.depth + step);
    this.mark(this.depth > 0);
  }

  /** @param {boolean} dragging */
  mark(dragging) {
    this.classList.toggle("is-dragging", dragging);
    this.veil.hidden = !(
      dragging &&
      (this.hasAttribute("whole-page") || !this.querySelector(".dropzone"))
    );
  }

  /** @param {DragEvent} event */
  async drop(event) {
    if (!event.dataTransfer || !carriesFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.mark(false);
    this.take(await entriesOf(event.dataTransfer));
  }

  /** @param {ClipboardEvent} event */
  async paste(event) {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    this.take(await entriesOf(event.clipboardData));
  }

  /** @param {Event} event */
  pick({ target }) {
    if (!(target instanceof HTMLInputElement) || !target.files?.length) return;
    const entries = entriesOfInput(target.files);
    target.value = "";
    this.take(entries);
  }

  /**
   * Offers the entries as a cancelable event `files`; uploads them unless a listener prevented it.
   * @param {Entry[]} found
   */
  take(found) {
    const entries = found.filter((entry) => !isJunk(entry));
    if (!entries.length)
      return void toast("There is no file in what was dropped.", { error: true });
    const event = new CustomEvent("files", {
      bubbles: true,
      cancelable: true,
      detail: { entries },
    });
    if (this.dispatchEvent(event)) this.send(entries);
  }

  /** @param {Entry[]} entries */
  async send(entries) {
    if (this.run)
      return void toast("An upload is running. Wait for it, or cancel it.", { error: true });
    const tasks = this.tasksFor(entries);
    if (!tasks.length) return;
    const count = tasks.reduce((sum, task) => sum + task.entries.length, 0);
    const run = new UploadRun(tasks, this.getAttribute("uploads-url") ?? "", {
      onProgress: (sent, total) => this.panel.progress(sent, total),
      onTrouble: (lost) => this.panel.trouble(lost),
    });
    await this.go(run, entries, count);
  }

  /** @param {UploadRun} run @param {Entry[]} entries @param {number} count of files */
  async go(run, entries, count) {
    this.run = run;
    this.panel.open(count, run);
    try {
      const answers = await run.go();
      this.run = null;
      this.finish(entries, answers, count);
    } catch (problem) {
      this.run = null;
      this.fail(problem, () => this.go(run, entries, count));
    }
  }

  /** @param {Entry[]} entries */
  tasksFor(entries) {
    const archiveUrl = this.getAttribute("archive-url") ?? "";
    const imagesUrl = this.getAttribute("images-url") ?? "";
    const image = entries.find((entry) => !isArchive(entry));
    if (!archiveUrl && entries.some(isArchive))
      toast("A zip cannot be dropped here.", { error: true });
    if (!imagesUrl && image)
      toast(`Drop a .zip file. Received ${image.file.name}.`, { error: true });
    return tasksFor(entries, {
      archiveUrl,
      imagesUrl,
      uploadsUrl: this.getAttribute("uploads-url") ?? "",
      byFolder: this.hasAttribute("by-folder"),
      ask: this.querySelector("input[name=ask]")?.matches(":checked") ?? false,
    });
  }

  /** @param {Entry[]} entries @param {UploadAnswer[]} answers @param {number} count of files */
  finish(entries, answers, count) {
    const refused = answers.flatMap((answer) =>
      (answer?.results ?? []).filter((result) => result.status >= 400),
    );
    this.panel.clear();
    if (refused.length) this.panel.refused(refused, count);
    this.dispatchEvent(
      new CustomEvent("uploaded", { bubbles: true, detail: { entries, answers, refused } }),
    );
    const next = this.getAttribute("after-upload-url");
    if (next && !refused.length)
      location.assign(
        next.replace("{id}", answers[0]?.id ?? "").replace("{job}", answers[0]?.job?.id ?? ""),
      );
  }

  /** @param {unknown} problem what was caught @param {() => void} again */
  fail(problem, again) {
    this.panel.clear();
    if (isAbort(problem)) {
      this.dispatchEvent(new CustomEvent("upload-cancelled", { bubbles: true }));
      return void toast("Upload cancelled");
    }
    this.panel.failed(problem, again);
    this.dispatchEvent(new CustomEvent("upload-failed", { bubbles: true, detail: { problem } }));
  }

  /** After a reload: which uploads can go on. */
  async offerInterrupted() {
    const endpoint = this.getAttribute("uploads-url");
    if (!endpoint || !Object.keys(localStorage).some((key) => key.startsWith("tus::"))) return;
    const { interruptedUploads } = await import("./resumable.js");
    const found = await interruptedUploads(endpoint);
    if (found.length && !this.run) this.panel.interrupted(found);
  }
}

customElements.define("drop-zone", DropZone);
