// Goes through the items of one kind of finding: a key decides, the next item comes by itself, u
// undoes.

import { request } from "../../csrf.js";
import { el, icon } from "../../dom.js";
import { formatInteger } from "../../format.js";
import { toast } from "../../toast.js";
import { decisionsOn, perform } from "./review-decisions.js";
import { buttons, pictures, preload } from "./review-stage.js";

const AHEAD = 5;
// Of the images of one item: how many are fetched to look at, and at once when something is done to
// all.
const [MORE, AT_ONCE] = [96, 500];
const NUMBERS = { label_error: "another class", label_conflict: "the class that is right" };

class Review {
  constructor(root, review) {
    Object.assign(this, { root, review, items: [], index: 0, kept: 0, history: [], busy: false });
    this.next = review.itemsUrl;
    this.part("previous").addEventListener("click", () => this.move(-1));
    this.part("next").addEventListener("click", () => this.move(1));
    this.part("more").addEventListener("click", () => this.showMore());
    this.part("help").addEventListener("click", () => this.part("keys").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    this.describeKeys();
  }

  part(name) {
    return this.root.querySelector(`[data-review="${name}"]`);
  }

  async start() {
    await this.load();
    const wanted = location.hash.slice(1);
    while (wanted && this.next && !this.items.some((item) => item.id === wanted)) await this.load();
    this.go(
      Math.max(
        0,
        this.items.findIndex((item) => item.id === wanted),
      ),
    );
  }

  /** The next page of items; what fails is said, and tried again with the next move. */
  async load() {
    try {
      const page = await request(this.next);
      this.items.push(...page.results);
      this.next = page.next && this.review.itemsUrl.split("?")[0] + new URL(page.next).search;
    } catch (problem) {
      this.next = null;
      toast(problem.message, { error: true });
    }
  }

  get item() {
    return this.items[this.index];
  }

  go(index) {
    this.index = index;
    this.kept = 0;
    this.show();
    preload(this.items[index + 1]);
    if (this.next && index > this.items.length - AHEAD)
      this.loading ??= this.load().finally(() => (this.loading = null));
  }

  async move(step) {
    if (this.busy) return;
    if (this.index + step >= this.items.length) await this.loading;
    if (this.index + step >= 0 && this.index + step < this.items.length) this.go(this.index + step);
  }

  /** To the next item that is open, else to one that was passed over, else to the end. */
  async advance() {
    await this.loading;
    if (this.next && this.index + 1 >= this.items.length) await this.load();
    const open = this.items
      .map((item, index) => (item.said ? -1 : index))
      .filter((index) => index >= 0);
    this.go(open.find((index) => index > this.index) ?? open[0] ?? this.items.length);
  }

  show() {
    const { item, review } = this;
    this.part("end").hidden = Boolean(item) || !this.items.length;
    this.part("none").hidden = this.items.length > 0;
    this.part("bar").hidden = !this.items.length;
    for (const name of ["stage", "actions"]) this.part(name).hidden = !item;
    this.part("more").hidden = !item || !this.hidden(item);
    this.part("previous").disabled = this.index === 0;
    this.part("next").disabled = this.index >= this.items.length - 1;
    const total = Math.max(review.total, this.items.length);
    this.part("place").textContent = item
      ? `${formatInteger(this.index + 1)} of ${formatInteger(total)}`
      : `${formatInteger(total)} of ${formatInteger(total)}`;
    this.part("note").textContent = item
      ? [this.moreThanShown(item), item.note].filter(Boolean).join(" · ")
      : "";
    this.part("state").replaceChildren(
      ...(item?.said
        ? [el("span", { class: "status tone-good" }, icon("circle-check"), item.said)]
        : []),
    );
    if (!item) return;
    history.replaceState(null, "", `#${item.id}`);
    const choose =
      review.copies && review.mayEdit && !item.said ? (number) => this.choose(number) : null;
    this.part("stage").replaceChildren(
      ...pictures(item, { imagePageUrl: review.imagePageUrl, choose, kept: this.kept }),
    );
    this.part("stage").dataset.count = Math.min(item.images.length, 4);
    this.part("more").textContent = `Show more (${formatInteger(this.hidden(item))} left)`;
    this.part("actions").replaceChildren(...this.actions());
  }

  moreThanShown(item) {
    return this.hidden(item)
      ? `${formatInteger(item.images.length)} of ${formatInteger(item.image_count)} images shown`
      : "";
  }

  /** How many images of an item have not been fetched: a group of copies may have thousands. */
  hidden(item) {
    return item.image_count - item.images.length;
  }

  /** Fetches the next images of an item; `size` counts from its first one. */
  async fetchMore(item, size) {
    item.more ??= `/api/v1/quality-items/${item.id}/images/?page_size=${size}`;
    const page = await request(item.more);
    const known = new Set(item.images.map(({ id }) => id));
    item.images.push(...page.results.filter(({ id }) => !known.has(id)));
    item.more = page.next && new URL(page.next).pathname + new URL(page.next).search;
    // Some may have gone meanwhile.
    if (!item.more) item.image_count = item.images.length;
  }

  async fetchRest(item) {
    while (this.hidden(item)) await this.fetchMore(item, AT_ONCE);
  }

  async showMore() {
    const { item } = this;
    if (this.busy || !item || !this.hidden(item)) return;
    this.busy = true;
    try {
      await this.fetchMore(item, MORE);
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.busy = false;
    }
    this.show();
  }

  get decisions() {
    return this.review.mayEdit && this.item && !this.item.said
      ? decisionsOn(this.item, this.review, this.kept)
      : [];
  }

  actions() {
    if (!this.item.said) return buttons(this.decisions, (decision) => this.decide(decision));
    const entry = this.history.findLast((one) => one.item === this.item);
    return entry
      ? [
          el(
            "div",
            { class: "review-row" },
            el(
              "button",
              { type: "button", class: "btn", onclick: () => this.undo(entry) },
              icon("arrow-back-up"),
              "Undo",
            ),
          ),
        ]
      : [];
  }

  choose(number) {
    if (number >= this.item.images.length) return;
    this.kept = number;
    this.show();
  }

  async decide(decision) {
    if (this.busy) return;
    this.busy = true;
    const { item, index } = this;
    try {
      if (this.hidden(item) && decision.key !== "k") {
        await this.fetchRest(item);
        decision = this.decisions.find(({ key }) => key === decision.key);
      }
      const entry = { item, index, undo: await perform(decision.steps) };
      item.said = decision.said;
      this.history.push(entry);
      entry.toast = toast(decision.said, { undo: () => this.undo(entry) });
      await this.advance();
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.busy = false;
    }
  }

  async undo(entry) {
    this.history = this.history.filter((one) => one !== entry);
    entry.toast.remove();
    await entry.undo();
    entry.item.said = "";
    this.go(entry.index);
  }

  async undoLast() {
    const entry = this.history.at(-1);
    if (!entry) return;
    try {
      await this.undo(entry);
      toast("Undone");
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  key(event) {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target.closest("input, textarea, select, dialog[open]")
    )
      return;
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const decision = this.decisions.find((one) => one.key === event.key);
    const number = Number(event.key) - 1;
    if (event.key === "ArrowLeft") this.move(-1);
    else if (event.key === "ArrowRight") this.move(1);
    else if (event.key === "?") this.part("keys").showModal();
    else if (event.key === "u") this.undoLast();
    else if (event.key === "m") this.showMore();
    else if (decision) this.decide(decision);
    else if (this.review.copies && this.review.mayEdit && number >= 0) this.choose(number);
    else return;
    event.preventDefault();
  }

  describeKeys() {
    const { review } = this;
    const rows = [["← →", "previous, next"]];
    if (review.groups) rows.push(["m", "show more of a large group"]);
    if (review.mayEdit) {
      if (review.kind === "label_error") rows.push(["Enter", "take the suggested class"]);
      if (NUMBERS[review.kind] || review.copies)
        rows.push(["1–9", NUMBERS[review.kind] ?? "which of them stays"]);
      rows.push([
        "x",
        review.copies ? "leave the others out of new versions" : "leave out of new versions",
      ]);
      rows.push(["t", review.copies ? "move the others to the trash" : "move to the trash"]);
      rows.push(["k", "keep as it is, also in later checks"], ["u", "undo"]);
    }
    rows.push(["?", "this list"]);
    this.part("key-list").replaceChildren(
      ...rows.flatMap(([key, text]) => [
        el("dt", {}, el("kbd", { text: key })),
        el("dd", { text }),
      ]),
    );
  }
}

const root = document.querySelector("[data-review]");
new Review(root, JSON.parse(document.getElementById("review-data").textContent)).start();
