// <job-progress> (components/job_progress.html): one job's bar, message, place in the queue, cancel
// button and end.
// DOM events that bubble from it: job:status {job fields}, job:progress, job:epoch, job:samples,
// job:log, job:ended.

import { request } from "./csrf.js";
import { formatDuration, formatInteger } from "./format.js";
import { ENDED, followJob, WAITING } from "./job-stream.js";
import { toast } from "./toast.js";

/** "1,024 of 3,009 images · 41 s left" @param {{done?: number, total?: number, unit?: string, eta_seconds?: number, rate?: number}} progress */
export function progressFigures(progress) {
  const parts = [];
  if (progress.total)
    parts.push(
      `${formatInteger(progress.done ?? 0)} of ${formatInteger(progress.total)}${progress.unit ? ` ${progress.unit}` : ""}`,
    );
  if (progress.rate >= 1 && progress.unit)
    parts.push(`${formatInteger(Math.round(progress.rate))} ${progress.unit}/s`);
  if (progress.eta_seconds > 0) parts.push(`${formatDuration(progress.eta_seconds)} left`);
  return parts.join(" · ");
}

/** What a job waits for, in words; "" when it does not wait. @param {object} job a Job of the API */
export function waitingFor(job, now = Date.now()) {
  if (job.status === "retry_wait" && job.next_attempt_at) {
    const seconds = (new Date(job.next_attempt_at) - now) / 1000;
    return `Attempt ${job.attempts + 1} of ${job.max_attempts} starts ${seconds > 1 ? `in ${formatDuration(seconds)}` : "now"}`;
  }
  const before = (job.queue_position ?? 0) - 1;
  if (job.status !== "queued" || before < 0) return "";
  return before === 0
    ? "Next in line"
    : `${formatInteger(before)} ${before === 1 ? "job is" : "jobs are"} before it`;
}

/** Whether a job has stopped to ask: no failure to people. @param {{error?: {code?: string}}} job */
const asks = (job) => job.error?.code === "needs_confirmation";

class JobProgress extends HTMLElement {
  connectedCallback() {
    this.part_ = (name) => this.querySelector(`[data-job="${name}"]`);
    this.part_("cancel")?.addEventListener("click", () => this.cancel());
    this.spokenAt = 0;
    this.epochs = []; // For curves that are drawn after the first of them were told.
    if (ENDED.includes(this.status)) return;
    this.stop = followJob(this.jobId, (kind, data) => this.show(kind, data));
    this.queueTimer = setInterval(() => this.askPlace(), 5000);
    this.askPlace();
  }

  disconnectedCallback() {
    this.stop?.();
    clearInterval(this.queueTimer);
  }

  /** The stream tells nothing while a job waits, but its place in the queue moves. */
  async askPlace() {
    if (document.hidden || !WAITING.includes(this.status)) return;
    const job = await request(`/api/v1/jobs/${this.jobId}/`).catch(() => null);
    if (job && job.status === this.status) this.part_("message").textContent = waitingFor(job);
  }

  get jobId() {
    return this.getAttribute("job-id");
  }

  get status() {
    return this.getAttribute("status");
  }

  show(kind, data) {
    if (kind === "status") this.showStatus(data);
    if (kind === "progress") this.showProgress(data);
    if (kind === "log") this.showLog(data);
    if (kind === "epoch") this.epochs.push(data);
    this.tell(kind, data);
    if (kind === "status" && ENDED.includes(data.status)) this.tell("ended", data);
  }

  tell(kind, data) {
    this.dispatchEvent(
      new CustomEvent(`job:${kind}`, { bubbles: true, detail: { jobId: this.jobId, ...data } }),
    );
  }

  showStatus(job) {
    if (job.cancel_requested_at && !ENDED.includes(job.status)) this.showCancelling();
    if (job.status === this.status) return;
    this.setAttribute("status", job.status);
    const shown = asks(job) ? "needs_answer" : job.status;
    const badge = this.part_("statuses")
      .content.querySelector(`[data-status="${shown}"]`)
      .cloneNode(true);
    this.part_("status").replaceChildren(badge);
    this.speak(badge.textContent.trim());
    if (WAITING.includes(job.status)) {
      this.part_("message").textContent = waitingFor(job);
      this.part_("figures").textContent = "";
    }
    if (ENDED.includes(job.status)) this.showEnd(job);
  }

  showEnd(job) {
    const title = this.querySelector("strong")?.textContent ?? "The job";
    clearInterval(this.queueTimer);
    if (job.status !== "failed") this.part_("message").textContent = "";
    this.part_("cancel")?.setAttribute("hidden", "");
    this.part_("figures").textContent = "";
    const bar = this.part_("bar");
    const reached = job.status === "succeeded" ? 1 : Math.max(bar.position, 0); // Before `max` moves: it bounds the value.
    bar.max = 1;
    bar.value = reached;
    if (job.status === "succeeded")
      toast(`${title}: done`, {
        link:
          job.result?.url && !job.result.url.startsWith("/api/")
            ? { url: job.result.url, label: "Open" }
            : undefined,
      });
    if (job.status === "failed") this.showError(job.error ?? {}, title);
  }

  showError(error, title) {
    const box = this.part_("error");
    for (const name of ["title", "detail", "hint"])
      box.querySelector(`[data-problem="${name}"]`).textContent = error[name] ?? "";
    box.hidden = false;
    toast(`${title}: ${error.title ?? "failed"}`, { error: !asks({ error }) });
  }

  showProgress(progress) {
    const bar = this.part_("bar");
    if (progress.total) {
      bar.max = progress.total;
      bar.value = progress.done ?? 0;
    } else if (this.status === "running") bar.removeAttribute("value");
    if (WAITING.includes(this.status)) return; // What was reached before: speed and time left are no longer true.
    this.part_("message").textContent = this.hasAttribute("cancelling")
      ? "Cancelling…"
      : (progress.message ?? "");
    this.part_("figures").textContent = progressFigures(progress);
    // A screen reader hears it every 20 s, not at every tick.
    if (Date.now() - this.spokenAt > 20_000)
      this.speak(`${progress.message ?? ""} ${progressFigures(progress)}`);
  }

  speak(text) {
    this.spokenAt = Date.now();
    this.part_("spoken").textContent = text;
  }

  showLog(line) {
    const log = this.part_("log");
    if (!log) return;
    const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(`${line.message ?? line}\n`);
    if (follows) log.scrollTop = log.scrollHeight;
  }

  showCancelling() {
    this.setAttribute("cancelling", "");
    this.part_("message").textContent = "Cancelling…";
    if (this.part_("cancel")) this.part_("cancel").disabled = true;
  }

  async cancel() {
    this.showCancelling();
    try {
      await request(`/api/v1/jobs/${this.jobId}/cancel/`, { method: "POST" });
    } catch (problem) {
      this.removeAttribute("cancelling");
      this.part_("cancel").disabled = false;
      toast(problem.message, { error: true });
    }
  }
}

customElements.define("job-progress", JobProgress);
