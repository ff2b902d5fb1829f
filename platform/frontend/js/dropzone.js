// <drop-zone>: files dropped on it (or anywhere on the page), pasted or picked; uploads with progress.
// Attributes: archive-url, images-url, after-upload-url, whole-page, paste, by-folder; events: files, uploaded, upload-failed.

import { el, icon } from "./dom.js";
import { batchesOf, entriesOf, entriesOfInput, folderOf, isArchive, isJunk } from "./dropped-files.js";
import { toast } from "./toast.js";
import { Speedometer, upload, uploadFigures } from "./upload.js";

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

class DropZone extends HTMLElement {
  connectedCallback() {
    this.gone = new AbortController();
    const on = (target, name, listener) => target.addEventListener(name, listener, { signal: this.gone.signal });
    const surface = this.hasAttribute("whole-page") ? document : this;
    this.veil = el("div", { class: "drop-veil", hidden: true, text: this.getAttribute("veil") ?? "Drop to upload" });
    this.panel = el("div", { class: "upload", hidden: true });
    this.append(this.veil, this.panel);
    this.depth = 0;
    on(surface, "dragenter", (event) => this.drag(event, 1));
    on(surface, "dragleave", (event) => this.drag(event, -1));
    on(surface, "dragover", (event) => carriesFiles(event) && event.preventDefault());
    on(surface, "drop", (event) => this.drop(event));
    on(this, "change", (event) => this.pick(event));
    on(this, "submit", (event) => event.preventDefault());
    if (this.hasAttribute("paste")) on(document, "paste", (event) => this.paste(event));
    for (const part of this.querySelectorAll("[data-no-script]")) part.hidden = true;
    for (const part of this.querySelectorAll("[data-with-script]")) part.hidden = false;
  }

  disconnectedCallback() {
    this.gone.abort();
    this.cancel?.abort();
  }

  drag(event, step) {
    if (!carriesFiles(event)) return;
    this.depth = Math.max(0, this.depth + step);
    this.mark(this.depth > 0);
  }

  mark(dragging) {
    this.classList.toggle("is-dragging", dragging);
    this.veil.hidden = !(dragging && (this.hasAttribute("whole-page") || !this.querySelector(".dropzone")));
  }

  async drop(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.mark(false);
    this.take(await entriesOf(event.dataTransfer));
  }

  async paste(event) {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    this.take(await entriesOf(event.clipboardData));
  }

  pick(event) {
    if (event.target.type !== "file" || !event.target.files.length) return;
    const entries = entriesOfInput(event.target.files);
    event.target.value = "";
    this.take(entries);
  }

  /** Offers the entries as a cancelable event `files`; uploads them unless a listener prevented it. */
  take(found) {
    const entries = found.filter((entry) => !isJunk(entry));
    if (!entries.length) return void toast("There is no file in what was dropped.", { error: true });
    const event = new CustomEvent("files", { bubbles: true, cancelable: true, detail: { entries } });
    if (this.dispatchEvent(event)) this.send(entries);
  }

  /** @param {import("./dropped-files.js").Entry[]} entries */
  async send(entries) {
    if (this.cancel) return void toast("An upload is running. Wait for it, or cancel it.", { error: true });
    const tasks = this.tasksFor(entries);
    if (!tasks.length) return;
    this.cancel = new AbortController();
    const show = this.openPanel(entries.length);
    try {
      const answers = await this.sendAll(tasks, show);
      this.finish(entries, answers);
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.cancel = null;
    }
  }

  tasksFor(entries) {
    const archiveUrl = this.getAttribute("archive-url");
    const imagesUrl = this.getAttribute("images-url");
    const archives = entries.filter(isArchive);
    const images = entries.filter((entry) => !isArchive(entry));
    if (archives.length && !archiveUrl) toast("A zip cannot be dropped here.", { error: true });
    if (images.length && !imagesUrl) toast(`Drop a .zip file. Received ${images[0].file.name}.`, { error: true });
    const byFolder = this.hasAttribute("by-folder");
    return [
      ...(archiveUrl ? archives : []).map((entry) => ({ url: archiveUrl, form: formOf("archive", [entry]), entries: [entry] })),
      ...batchesOf(imagesUrl ? images : [], { byFolder }).map((batch) => {
        const folder = byFolder ? folderOf(batch[0]) : "";
        return { url: imagesUrl, form: formOf("images", batch, folder && { class_name: folder }), entries: batch };
      }),
    ];
  }

  async sendAll(tasks, show) {
    const sizes = tasks.map((task) => task.entries.reduce((sum, { file }) => sum + file.size, 0));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const speed = new Speedometer();
    const answers = [];
    let before = 0;
    for (const [index, task] of tasks.entries()) {
      const onProgress = (sent, all) => {
        const bytes = before + (sent / all) * sizes[index];
        show(bytes, total, speed.mark(bytes));
      };
      answers.push(await upload(task.url, task.form, { onProgress, signal: this.cancel.signal }));
      before += sizes[index];
    }
    return answers;
  }

  openPanel(count) {
    const meter = el("progress", { class: "meter", max: 1, value: 0, "aria-label": "Upload" });
    const figures = el("span");
    const words = el("span", { role: "status", text: count === 1 ? "Uploading…" : `Uploading ${count} files…` });
    const button = el("button", { type: "button", class: "btn btn-sm", onclick: () => this.cancel?.abort() }, icon("x"), "Cancel");
    this.panel.replaceChildren(el("div", { class: "progress-head" }, words, button), meter, el("div", { class: "progress-line" }, figures));
    this.panel.hidden = false;
    return (sent, total, perSecond) => {
      meter.value = total ? sent / total : 1;
      figures.textContent = uploadFigures(sent, total, perSecond);
      if (sent >= total) words.textContent = "Uploaded. The server is checking the files…";
    };
  }

  finish(entries, answers) {
    const refused = answers.flatMap((answer) => (answer?.results ?? []).filter((result) => result.status >= 400));
    this.panel.replaceChildren();
    this.panel.hidden = !refused.length;
    if (refused.length) this.panel.append(refusedList(refused));
    this.dispatchEvent(new CustomEvent("uploaded", { bubbles: true, detail: { entries, answers, refused } }));
    const next = this.getAttribute("after-upload-url");
    if (next && !refused.length) location.assign(next.replace("{id}", answers[0]?.id ?? "").replace("{job}", answers[0]?.job?.id ?? ""));
  }

  fail(problem) {
    this.panel.replaceChildren();
    this.panel.hidden = true;
    if (problem.name === "AbortError") return void toast("Upload cancelled");
    const shown = el("div", { class: "problem tone-bad", role: "alert" }, icon("alert-triangle"), el("div", {}, el("p", { class: "problem-title", text: problem.title ?? "The upload failed." }), el("p", { text: problem.detail ?? problem.message })));
    this.panel.append(shown);
    this.panel.hidden = false;
    this.dispatchEvent(new CustomEvent("upload-failed", { bubbles: true, detail: { problem } }));
  }
}

function formOf(field, entries, more = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(more || {})) form.append(name, value);
  for (const { file } of entries) form.append(field, file, file.name);
  return form;
}

function refusedList(refused) {
  const title = refused.length === 1 ? "1 file was refused" : `${refused.length} files were refused`;
  const rows = refused.slice(0, 200).map(({ name, detail }) => el("li", {}, el("strong", { text: name }), ` – ${detail}`));
  return el("div", { class: "problem tone-wait", role: "status" }, icon("file-alert"), el("div", {}, el("p", { class: "problem-title", text: title }), el("ul", { class: "mb-0 ps-3 mt-1" }, ...rows)));
}

customElements.define("drop-zone", DropZone);
