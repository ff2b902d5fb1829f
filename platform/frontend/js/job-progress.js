// <job-progress> (components/job_progress.html): one job's bar, message, place in the queue, cancel
// button and end.
// DOM events that bubble from it: job:status {job fields}, job:progress, job:epoch, job:samples,
// job:log, job:ended; and job:moved, for what asks the server again: at most every 2 s after
// an epoch (after any progress, where a job tells no epochs), and at the end.

import { request } from "./csrf.js";
import { maybe, one } from "./dom.js";
import { formatDuration, formatInteger } from "./format.js";
import { ENDED, followJob, WAITING } from "./job-stream.js";
import { complain, toast } from "./toast.js";

/**
 * @import { EpochMetrics, Job, JobError, JobProgress as Progress, Status } from "../types/api"
 * @import { Kind } from "./job-stream.js"
 */

/** "1,024 of 3,009 images · 41 s left" @param {Progress} progress */
export function progressFigures(progress) {
  const parts = [];
  if (progress.total) {
    const unit = progress.unit ? ` ${progress.unit}` : "";
    parts.push(`${formatInteger(progress.done ?? 0)} of ${formatInteger(progress.total)}${unit}`);
  }
  if (progress.rate && progress.rate >= 1 && progress.unit)
    parts.push(`${formatInteger(Math.round(progress.rate))} ${progress.unit}/s`);
  if (progress.eta_seconds && progress.eta_seconds > 0)
    parts.push(`${formatDuration(progress.eta_seconds)} left`);
  return parts.join(" · ");
}

/** What a job waits for, in words; "" when it does not wait. @param {Job} job */
export function waitingFor(job, now = Date.now()) {
  if (job.status === "retry_wait" && job.next_attempt_at) {
    const seconds = (new Date(job.next_attempt_at).getTime() - now) / 1000;
    const when = seconds > 1 ? `in ${formatDuration(seconds)}` : "now";
    return `Attempt ${job.attempts + 1} of ${job.max_attempts} starts ${when}`;
  }
  const before = (job.queue_position ?? 0) - 1;
  if (job.status !== "queued" || before < 0) return "";
  return before === 0
    ? "Next in line"
    : `${formatInteger(before)} ${before === 1 ? "job is" : "jobs are"} before it`;
}

/** Whether a job has stopped to ask: no failure to people. @param {JobError} [error] */
const asks = (error) => error?.code === "needs_confirmation";

const MOVED_MS = 2000;

export class JobProgress extends HTMLElement {
  spokenAt = 0;
  /** @type {number | undefined} */
  movedTimer;
  /** @type {EpochMetrics[]} for curves that are drawn after the first of them were told */
  epochs = [];
  /** @type {(() => void) | undefined} */
  stop;
  /** @type {number | undefined} */
  queueTimer;

  connectedCallback() {
    this.cancelButton?.addEventListener("click", () => this.cancel());
    if (ENDED.includes(this.status)) return;
    this.stop = followJob(this.jobId, (kind, data) => this.show(kind, data));
    this.queueTimer = window.setInterval(() => this.askPlace(), 5000);
    this.askPlace();
  }

  disconnectedCallback() {
    this.stop?.();
    clearInterval(this.queueTimer);
    clearTimeout(this.movedTimer);
  }

  /**
   * A part of the markup by its name in `data-job`.
   * @template {HTMLElement} [T=HTMLElement]
   * @param {string} name
   * @param {new () => T} [kind]
   */
  place(name, kind) {
    return one(this, `[data-job="${name}"]`, kind);
  }

  get cancelButton() {
    return maybe(this, '[data-job="cancel"]', HTMLButtonElement);
  }

  /** The stream tells nothing while a job waits, but its place in the queue moves. */
  async askPlace() {
    if (document.hidden || !WAITING.includes(this.status)) return;
    /** @type {Job | null} */
    const job = await request(`/api/v1/jobs/${this.jobId}/`).catch(() => null);
    if (job && job.status === this.status) this.write("message", waitingFor(job));
  }

  /** @param {string} name of a part @param {string} text */
  write(name, text) {
    this.place(name).textContent = text;
  }

  get jobId() {
    return this.getAttribute("job-id") ?? "";
  }

  /** The template and `showStatus` write no other words. */
  get status() {
    return /** @type {Status} */ (this.getAttribute("status"));
  }

  /** @param {Kind} kind @param {any} data */
  show(kind, data) {
    if (kind === "status") this.showStatus(data);
    if (kind === "progress") this.showProgress(data);
    if (kind === "log") this.showLog(data);
    if (kind === "epoch") this.epochs.push(data);
    this.tell(kind, data);
    if (kind === (this.epochs.length ? "epoch" : "progress"))
      this.movedTimer ??= window.setTimeout(() => this.tellMoved(), MOVED_MS);
    if (kind !== "status" || !ENDED.includes(data.status)) return;
    this.tell("ended", data);
    this.tellMoved();
  }

  /** htmx's own `throttle:` drops every later trigger of the element, also its last one. */
  tellMoved() {
    clearTimeout(this.movedTimer);
    this.movedTimer = undefined;
    this.tell("moved", {});
  }

  /** @param {Kind | "ended" | "moved"} kind @param {object} data */
  tell(kind, data) {
    this.dispatchEvent(
      new CustomEvent(`job:${kind}`, { bubbles: true, detail: { jobId: this.jobId, ...data } }),
    );
  }

  /** @param {Job} job */
  showStatus(job) {
    if (job.cancel_requested_at && !ENDED.includes(job.status)) this.showCancelling();
    if (job.status === this.status) return;
    this.setAttribute("status", job.status);
    const shown = asks(job.error ?? undefined) ? "needs_answer" : job.status;
    const statuses = this.place("statuses", HTMLTemplateElement).content;
    const badge = one(statuses, `[data-status="${shown}"]`).cloneNode(true);
    this.place("status").replaceChildren(badge);
    this.speak(badge.textContent?.trim() ?? "");
    if (WAITING.includes(job.status)) {
      this.write("message", waitingFor(job));
      this.write("figures", "");
    }
    if (ENDED.includes(job.status)) this.showEnd(job);
  }

  /** @param {Job} job */
  showEnd(job) {
    const title = this.querySelector("strong")?.textContent ?? "The job";
    clearInterval(this.queueTimer);
    if (job.status !== "failed") this.write("message", job.cancel_reason ?? "");
    this.cancelButton?.setAttribute("hidden", "");
    this.write("figures", "");
    const bar = this.place("bar", HTMLProgressElement);
    // Before `max` changes: it bounds the value.
    const reached = job.status === "succeeded" ? 1 : Math.max(bar.position, 0);
    bar.max = 1;
    bar.value = reached;
    if (job.status === "succeeded") {
      const url = job.result?.url;
      const link = url && !url.startsWith("/api/") ? { url, label: "Open" } : undefined;
      toast(`${title}: done`, { link });
    }
    if (job.status === "failed") this.showError(job.error ?? {}, title);
  }

  /** @param {JobError} error @param {string} title of the job */
  showError(error, title) {
    const box = this.place("error");
    for (const name of /** @type {const} */ (["title", "detail", "hint"]))
      one(box, `[data-problem="${name}"]`).textContent = error[name] ?? "";
    box.hidden = false;
    toast(`${title}: ${error.title ?? "failed"}`, { error: !asks(error) });
  }

  /** @param {Progress} progress */
  showProgress(progress) {
    const bar = this.place("bar", HTMLProgressElement);
    if (progress.total) {
      bar.max = progress.total;
      bar.value = progress.done ?? 0;
    } else if (this.status === "running") bar.removeAttribute("value");
    // What was reached before: speed and time left are no longer true.
    if (WAITING.includes(this.status)) return;
    const said = progress.message ?? "";
    this.write("message", this.hasAttribute("cancelling") ? "Cancelling…" : said);
    this.write("figures", progressFigures(progress));
    // A screen reader hears it every 20 s, not at every tick.
    if (Date.now() - this.spokenAt > 20_000) this.speak(`${said} ${progressFigures(progress)}`);
  }

  /** @param {string} text */
  speak(text) {
    this.spokenAt = Date.now();
    this.write("spoken", text);
  }

  /** @param {{message: string} | string} line */
  showLog(line) {
    const log = maybe(this, '[data-job="log"]');
    if (!log) return;
    const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(`${typeof line === "string" ? line : line.message}\n`);
    if (follows) log.scrollTop = log.scrollHeight;
  }

  showCancelling() {
    this.setAttribute("cancelling", "");
    this.write("message", "Cancelling…");
    const button = this.cancelButton;
    if (button) button.disabled = true;
  }

  async cancel() {
    this.showCancelling();
    try {
      await request(`/api/v1/jobs/${this.jobId}/cancel/`, { method: "POST" });
    } catch (problem) {
      this.removeAttribute("cancelling");
      const button = this.cancelButton;
      if (button) button.disabled = false;
      complain(problem);
    }
  }
}

customElements.define("job-progress", JobProgress);
