// The labelling screen: a key labels, the next image is there at once, and the server hears of it
// in the background.

import { request } from "../../csrf.js";
import { el, icon } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { toast } from "../../toast.js";
import { Classes } from "./label/classes.js";
import { Outbox } from "./label/outbox.js";
import { Queue } from "./label/queue.js";

const MOST_UNSAVED = 5;

class LabelScreen {
  constructor(screen, { queue, total, classes, unlabelled }) {
    Object.assign(this, { screen, total, unlabelled, done: 0, history: [], conflicts: [] });
    this.part = (name) => document.querySelector(`[data-${name}]`);
    this.queue = new Queue(queue);
    this.classes = new Classes(screen, classes, (name) => this.label(name));
    this.outbox = new Outbox(MOST_UNSAVED);
    this.outbox.addEventListener("change", () => this.showUnsaved());
    this.actions = {
      back: () => this.go(this.queue.index - 1),
      next: () => this.go(this.queue.index + 1),
      skip: () => this.skip(),
      exclude: () => this.exclude(),
      undo: () => this.undo(),
    };
    screen.addEventListener("click", (event) =>
      this.actions[event.target.closest("[data-do]")?.dataset.do]?.(),
    );
    this.part("help").addEventListener("click", () => this.part("help-dialog").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    this.go(0);
  }

  key(event) {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target.closest("input, textarea, select, dialog")
    )
      return;
    const action = { ArrowLeft: "back", ArrowRight: "next", s: "skip", x: "exclude", u: "undo" }[
      event.key
    ];
    const name = this.classes.byKey(event.key);
    if (action) this.actions[action]();
    else if (event.key === "o") this.conflicts.at(-1)?.override();
    else if (event.key === "k") this.conflicts.at(-1)?.keep();
    else if (event.key === "?") this.part("help-dialog").showModal();
    else if (event.key === "/") this.classes.field.focus();
    else if (name) this.label(name);
    else return;
    event.preventDefault();
  }

  async go(index) {
    try {
      await this.queue.go(index);
      this.show();
    } catch (problem) {
      toast(problem.message, {
        error: true,
        action: { label: "Try again", run: () => this.go(index) },
      });
    }
  }

  show() {
    const item = this.queue.current;
    this.screen.classList.toggle("is-over", !item);
    this.part("stage").replaceChildren(item ? this.queue.picture(item) : this.end());
    const name = this.part("name");
    name.textContent = item ? item.image.name : "";
    if (item) name.href = `/datasets/images/${item.image.id}/`;
    else name.removeAttribute("href");
    this.screen.classList.toggle("is-excluded", Boolean(item?.image.excluded));
    this.classes.highlight(item?.image.class_name ?? null);
    this.showLeft();
  }

  showLeft() {
    const left = Math.max(0, this.total - this.done);
    this.part("left").textContent = `${formatInteger(left)} of ${formatInteger(this.total)} left`;
    this.part("progress").value = this.done;
    this.screen.querySelector("[data-do=undo]").disabled = !this.history.length;
    for (const name of ["exclude", "skip", "next"])
      this.screen.querySelector(`[data-do=${name}]`).disabled = !this.queue.current;
    this.screen.querySelector("[data-do=back]").disabled = this.queue.index === 0;
  }

  /** What stands there when the queue is through. */
  end() {
    const skipped = this.queue.items.filter((item) => !item.decided).length;
    const gallery = new URL(document.querySelector(".page-actions a").href).pathname;
    const title = skipped
      ? `${formatInteger(skipped)} skipped`
      : this.unlabelled
        ? "Every image is labelled"
        : "That was the last one";
    const panel = el(
      "div",
      { class: "empty-state" },
      el(
        "span",
        { class: "empty-state-icon" },
        icon(skipped ? "photo" : "circle-check", "icon-lg"),
      ),
      el("h2", { text: title }),
    );
    panel.append(
      el("p", {
        text: skipped
          ? "You have seen them all. Those you skipped still wait."
          : "Thank you. What you labelled can be frozen into a version.",
      }),
    );
    const actions = el("div", { class: "empty-state-actions" });
    if (skipped)
      actions.append(
        el("button", {
          type: "button",
          class: "btn btn-primary",
          text: "Look at them again",
          onclick: () => this.go(this.queue.firstUndecided()),
        }),
      );
    actions.append(el("a", { class: "btn", href: gallery, text: "All images" }));
    panel.append(actions);
    return panel;
  }

  say(words) {
    this.part("said").textContent = words;
  }

  decide(item, decided) {
    if (item.decided !== decided) this.done += decided ? 1 : -1;
    item.decided = decided;
  }

  /** Whether one more may be decided: what is unsaved stays little, so that little can be lost. */
  ready() {
    if (!this.queue.current) return false;
    if (!this.outbox.full) return true;
    this.say("Waiting for the connection.");
    this.part("unsaved").classList.add("is-full");
    return false;
  }

  label(name) {
    if (!this.ready()) return;
    const item = this.queue.current;
    const before = item.image.class_name;
    this.history.push({
      item,
      index: this.queue.index,
      before: { class_name: before },
      wasDecided: item.decided,
    });
    this.decide(item, true);
    if (before !== name) this.setClass(item, name);
    this.say(`${name}.`);
    this.go(this.queue.index + 1);
  }

  setClass(item, name) {
    const seen = item.image.class_name;
    item.image.class_name = name;
    const json = { class_name: name ?? "", expected_class_name: seen ?? "" };
    this.outbox.push({
      url: `/api/v1/images/${item.image.id}/`,
      json,
      refused: (problem) => this.refused(problem, item, { class_name: seen }, name),
    });
  }

  exclude() {
    if (!this.ready()) return;
    const item = this.queue.current;
    this.history.push({
      item,
      index: this.queue.index,
      before: { excluded: item.image.excluded },
      wasDecided: item.decided,
    });
    this.decide(item, true);
    this.setExcluded(item, true);
    this.say("Left out.");
    this.go(this.queue.index + 1);
  }

  setExcluded(item, excluded) {
    const before = item.image.excluded;
    if (before === excluded) return;
    item.image.excluded = excluded;
    this.outbox.push({
      url: `/api/v1/images/${item.image.id}/`,
      json: { excluded },
      refused: (problem) => this.refused(problem, item, { excluded: before }),
    });
  }

  skip() {
    if (!this.queue.current) return;
    this.say("Skipped.");
    this.go(this.queue.index + 1);
  }

  undo() {
    if (!this.history.length || this.outbox.full) return;
    const { item, index, before, wasDecided } = this.history.pop();
    this.decide(item, wasDecided);
    if ("excluded" in before) this.setExcluded(item, before.excluded);
    else if (before.class_name !== item.image.class_name) this.setClass(item, before.class_name);
    this.say(`Undone: ${item.image.name} is ${item.image.class_name ?? "not labelled"}.`);
    this.go(index);
  }

  /** The server refused: another person was faster, or it cannot be. Never lost without a word. */
  async refused(problem, item, before, wanted) {
    this.history = this.history.filter((entry) => entry.item !== item);
    if (problem.code === "changed_meanwhile") {
      const now = await request(`/api/v1/images/${item.image.id}/`).catch(() => null);
      if (now) return this.conflict(item, Object.assign(item.image, now), wanted);
    }
    Object.assign(item.image, before);
    this.decide(item, false);
    toast(`${item.image.name} was not changed: ${problem.message}`, { error: true });
    this.show();
  }

  conflict(item, now, wanted) {
    if ((now.class_name ?? null) === (wanted ?? null)) return this.show();
    const theirs = now.class_name ?? "no class";
    const mine = wanted ?? "no class";
    const close = () => {
      notice.remove();
      this.conflicts = this.conflicts.filter((other) => other !== entry);
    };
    const entry = {
      keep: close,
      override: () => {
        close();
        this.setClass(item, wanted);
        this.show();
      },
    };
    const notice = el(
      "div",
      { class: "problem tone-wait", role: "alert" },
      icon("alert-triangle"),
      el(
        "div",
        {},
        el("p", {
          class: "problem-title",
          text: `${now.labelled_by ?? "Someone"} gave ${item.image.name} the class ${theirs} before you`,
        }),
        el("p", { text: `You chose ${mine}. Theirs stands.` }),
        el(
          "div",
          { class: "problem-actions" },
          el(
            "button",
            { type: "button", class: "btn btn-sm", onclick: entry.override },
            `Use ${mine} `,
            el("kbd", { text: "o" }),
          ),
          el(
            "button",
            { type: "button", class: "btn btn-sm btn-ghost", onclick: close },
            `Keep ${theirs} `,
            el("kbd", { text: "k" }),
          ),
        ),
      ),
    );
    this.conflicts.push(entry);
    this.part("notices").append(notice);
    this.show();
  }

  showUnsaved() {
    const { waiting, failures } = this.outbox;
    const note = this.part("unsaved");
    note.hidden = !failures && !this.outbox.full;
    note.classList.toggle("is-full", this.outbox.full && failures > 0);
    if (!failures) note.textContent = `Saving ${waiting.length}…`;
    else
      note.replaceChildren(
        `${waiting.length} not saved yet, trying again. `,
        el("button", {
          type: "button",
          class: "btn btn-sm",
          text: "Try now",
          onclick: () => this.outbox.retry(),
        }),
      );
  }
}

const screen = document.querySelector("[data-label-screen]");
new LabelScreen(screen, JSON.parse(document.getElementById("labelling").textContent));
