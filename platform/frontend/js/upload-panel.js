// What a person sees of an upload: how far it is, its speed and time left, and how it ended.

import { el, icon } from "./dom.js";
import { formatInteger, formatPercent } from "./format.js";
import { Speedometer, uploadFigures } from "./upload.js";

const MOST_ROWS = 2000;

export class UploadPanel {
  /** @param {HTMLElement} place is filled and emptied */
  constructor(place) {
    this.place = place;
  }

  clear() {
    this.place.replaceChildren();
    this.place.hidden = true;
  }

  show(...parts) {
    this.place.replaceChildren(...parts);
    this.place.hidden = false;
  }

  /** Opens the meter. @param {number} count of files @param {import("./upload-run.js").UploadRun} run */
  open(count, run) {
    this.speed = new Speedometer();
    this.title = count === 1 ? "Uploading…" : `Uploading ${formatInteger(count)} files…`;
    this.meter = el("progress", { class: "meter", max: 1, value: 0, "aria-label": "Upload" });
    this.figures = el("span");
    this.reached = null;
    this.words = el("span", { role: "status", text: this.title });
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

  pauseButton(run) {
    const button = el("button", { type: "button", class: "btn btn-sm" });
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

  trouble(lost) {
    if (this.paused) return;
    this.stand();
    this.words.textContent = lost ? "Connection lost. Trying again…" : this.title;
  }

  refused(results, count) {
    const title =
      count === results.length && count === 1
        ? "The file was refused"
        : `${formatInteger(results.length)} of ${formatInteger(count)} files ${results.length === 1 ? "was" : "were"} refused`;
    const rows = results
      .slice(0, MOST_ROWS)
      .map(({ name, detail }) => el("li", {}, el("strong", { text: name }), ` – ${detail}`));
    if (results.length > MOST_ROWS)
      rows.push(el("li", { text: `and ${formatInteger(results.length - MOST_ROWS)} more` }));
    this.show(
      el(
        "div",
        { class: "problem tone-wait", role: "status" },
        icon("file-alert"),
        el(
          "div",
          {},
          el("p", { class: "problem-title", text: title }),
          el(
            "ul",
            { class: "upload-refused", tabindex: 0, "aria-label": "Refused files" },
            ...rows,
          ),
        ),
      ),
    );
  }

  failed(problem, again) {
    const text = [problem.detail || problem.message, problem.hint].filter(Boolean).join(" ");
    const button = el(
      "button",
      { type: "button", class: "btn btn-sm mt-2", onclick: again },
      icon("refresh"),
      "Try again",
    );
    this.show(
      el(
        "div",
        { class: "problem tone-bad", role: "alert" },
        icon("alert-triangle"),
        el(
          "div",
          {},
          el("p", { class: "problem-title", text: problem.title ?? "The upload failed." }),
          el("p", { text }),
          button,
        ),
      ),
    );
  }

  /** @param {{name: string, share: number, forget: () => void}[]} uploads that were cut off */
  interrupted(uploads) {
    const rows = uploads.map(({ name, share, forget }) => {
      const row = el(
        "li",
        {},
        el("span", {}, el("strong", { text: name }), ` – ${formatPercent(share, 0)} arrived`),
      );
      row.append(
        el(
          "button",
          {
            type: "button",
            class: "btn btn-sm btn-ghost",
            "aria-label": `Forget ${name}`,
            onclick: () => {
              forget();
              row.remove();
              if (!this.place.querySelector("li")) this.clear();
            },
          },
          "Forget",
        ),
      );
      return row;
    });
    this.show(
      el(
        "div",
        { class: "problem tone-busy", role: "status" },
        icon("info-circle"),
        el(
          "div",
          {},
          el("p", {
            class: "problem-title",
            text: uploads.length === 1 ? "An upload was cut off" : "Uploads were cut off",
          }),
          el("p", { text: "Choose the same file again: it goes on where it stopped." }),
          el("ul", { class: "upload-interrupted" }, ...rows),
        ),
      ),
    );
  }
}
