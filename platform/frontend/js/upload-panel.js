// What a person sees of an upload: how far it is, its speed and time left, and how it ended.

import { messageOf, Problem } from "./csrf.js";
import { el, icon } from "./dom.js";
import { formatInteger, formatPercent } from "./format.js";
import { Speedometer, uploadFigures } from "./upload.js";

/**
 * @import { FileResult } from "../types/api"
 * @import { Interrupted } from "./resumable.js"
 * @import { UploadRun } from "./upload-run.js"
 */

const MOST_ROWS = 2000;

/** A box that says something. @param {string} tone @param {string} sign @param {...Node} parts */
const box = (tone, sign, ...parts) =>
  el(
    "div",
    { class: `problem tone-${tone}`, role: tone === "bad" ? "alert" : "status" },
    icon(sign),
    el("div", {}, ...parts),
  );

/** @param {string} text */
const heading = (text) => el("p", { class: "problem-title", text });

export class UploadPanel {
  speed = new Speedometer();
  meter = el("progress", { class: "meter", max: 1, value: 0, "aria-label": "Upload" });
  figures = el("span");
  words = el("span", { role: "status" });
  title = "";
  paused = false;
  /** @type {[sent: number, total: number] | null} bytes */
  reached = null;

  /** @param {HTMLElement} place is filled and emptied */
  constructor(place) {
    this.place = place;
  }

  clear() {
    this.place.replaceChildren();
    this.place.hidden = true;
  }

  /** @param {...Node} parts */
  show(...parts) {
    this.place.replaceChildren(...parts);
    this.place.hidden = false;
  }

  /** Opens the meter. @param {number} count of files @param {UploadRun} run */
  open(count, run) {
    this.speed = new Speedometer();
    this.title = count === 1 ? "Uploading…" : `Uploading ${formatInteger(count)} files…`;
    this.meter.value = 0;
    this.figures.textContent = "";
    this.reached = null;
    this.paused = false;
    this.words.textContent = this.title;
    const cancel = el(
      "button",
      { type: "button", class: "btn btn-sm", onclick: () => run.cancel() },
      icon("x"),
      "Cancel",
    );
    this.show(
      el(
        "div",
        { class: "progress-head" },
        this.words,
        el(
          "span",
          { class: "upload-buttons" },
          ...(run.pausable ? [this.pauseButton(run)] : []),
          cancel,
        ),
      ),
      this.meter,
      el("div", { class: "progress-line" }, this.figures),
    );
  }

  /** @param {UploadRun} run */
  pauseButton(run) {
    const button = el("button", { type: "button", class: "btn btn-sm" });
    /** @param {boolean} paused */
    const show = (paused) => {
      button.replaceChildren(
        icon(paused ? "player-play" : "player-pause"),
        paused ? "Resume" : "Pause",
      );
      this.words.textContent = paused ? "Paused." : this.title;
      this.paused = paused;
      this.stand();
    };
    button.addEventListener("click", () => {
      show(!this.paused);
      if (this.paused) run.pause();
      else run.resume();
    });
    show(false);
    return button;
  }

  /** @param {number} sent bytes @param {number} total */
  progress(sent, total) {
    this.meter.value = total ? sent / total : 1;
    this.reached = [sent, total];
    if (this.paused) return;
    this.figures.textContent = uploadFigures(sent, total, this.speed.mark(sent));
    if (sent >= total) this.words.textContent = "Uploaded. The server is checking the files…";
  }

  /** While nothing moves there is no speed, and the time left is not known. */
  stand() {
    this.speed.restart();
    if (this.reached) this.figures.textContent = uploadFigures(...this.reached, 0);
  }

  /** @param {boolean} lost whether there is no connection */
  trouble(lost) {
    if (this.paused) return;
    this.stand();
    this.words.textContent = lost ? "Connection lost. Trying again…" : this.title;
  }

  /** @param {FileResult[]} results of the refused files @param {number} count of all files */
  refused(results, count) {
    const [refused, all] = [formatInteger(results.length), formatInteger(count)];
    const title =
      count === results.length && count === 1
        ? "The file was refused"
        : `${refused} of ${all} files ${results.length === 1 ? "was" : "were"} refused`;
    const rows = results
      .slice(0, MOST_ROWS)
      .map(({ name, detail }) => el("li", {}, el("strong", { text: name }), ` – ${detail}`));
    if (results.length > MOST_ROWS)
      rows.push(el("li", { text: `and ${formatInteger(results.length - MOST_ROWS)} more` }));
    const list = el(
      "ul",
      { class: "upload-refused", tabindex: 0, "aria-label": "Refused files" },
      ...rows,
    );
    this.show(box("wait", "file-alert", heading(title), list));
  }

  /** @param {unknown} problem what was caught @param {() => void} again */
  failed(problem, again) {
    const { title, detail, hint } = problem instanceof Problem ? problem : {};
    const text = [detail || messageOf(problem), hint].filter(Boolean).join(" ");
    const button = el(
      "button",
      { type: "button", class: "btn btn-sm mt-2", onclick: again },
      icon("refresh"),
      "Try again",
    );
    const said = heading(title ?? "The upload failed.");
    this.show(box("bad", "alert-triangle", said, el("p", { text }), button));
  }

  /** @param {Interrupted[]} uploads that were cut off */
  interrupted(uploads) {
    const title = uploads.length === 1 ? "An upload was cut off" : "Uploads were cut off";
    this.show(
      box(
        "busy",
        "info-circle",
        heading(title),
        el("p", { text: "Choose the same file again: it goes on where it stopped." }),
        el("ul", { class: "upload-interrupted" }, ...uploads.map((each) => this.cutOff(each))),
      ),
    );
  }

  /** @param {Interrupted} upload */
  cutOff({ name, share, forget }) {
    const arrived = ` – ${formatPercent(share, 0)} arrived`;
    const row = el("li", {}, el("span", {}, el("strong", { text: name }), arrived));
    const onclick = () => {
      forget();
      row.remove();
      if (!this.place.querySelector("li")) this.clear();
    };
    const label = `Forget ${name}`;
    row.append(
      el(
        "button",
        { type: "button", class: "btn btn-sm btn-ghost", "aria-label": label, onclick },
        "Forget",
      ),
    );
    return row;
  }
}
