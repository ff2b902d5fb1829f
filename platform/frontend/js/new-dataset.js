// Files dropped on Home or Datasets: a dataset is made and named after them, and what follows goes
// on by itself.

import { request } from "./csrf.js";
import { isArchive } from "./dropped-files.js";
import { toast } from "./toast.js";

const LONGEST_NAME = 120;

/** Named after the zip, or after the folder, or after the day. */
function nameOf(entries) {
  const archive = entries.find(isArchive);
  const [folder, ...below] = entries[0].path.split("/");
  const day = new Date().toLocaleDateString(document.documentElement.lang, {
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  const name = archive
    ? archive.file.name.replace(/\.zip$/iu, "")
    : below.length
      ? folder
      : `Images of ${day}`;
  return name.trim().slice(0, LONGEST_NAME) || `Images of ${day}`;
}

class NewDataset {
  /** @param {HTMLElement} zone a <drop-zone> with the address of datasets in `new-dataset` */
  constructor(zone) {
    Object.assign(this, { zone, id: null });
    zone.addEventListener("files", (event) => {
      event.preventDefault();
      this.make(event.detail.entries);
    });
    zone.addEventListener("uploaded", (event) => this.goOn(event.detail));
    zone.addEventListener("upload-cancelled", () => this.discard());
    zone.addEventListener(
      "upload-failed",
      (event) =>
        event.detail.problem.status < 500 && event.detail.problem.status >= 400 && this.discard(),
    );
  }

  async make(entries) {
    if (this.id)
      return void toast("An upload is running. Wait for it, or cancel it.", { error: true });
    const datasets = this.zone.getAttribute("new-dataset");
    this.id = "under way";
    try {
      const { id } = await request(datasets, { method: "POST", json: { name: nameOf(entries) } });
      this.id = id;
      await request(this.step(""), { method: "POST" });
    } catch (problem) {
      this.id = null;
      return void toast(problem.message, { error: true });
    }
    this.zone.setAttribute("archive-url", `${datasets}${this.id}/imports/`);
    this.zone.setAttribute("images-url", `${datasets}${this.id}/images/`);
    this.zone.send(entries);
  }

  step(name) {
    return `/datasets/${this.id}/first-run/${name}`;
  }

  /** To the import; images are there already, so that only their comparison is waited for. */
  async goOn({ entries, answers, refused }) {
    const archive = entries.find(isArchive);
    if (!archive)
      await request(this.step("ready/"), { method: "POST" }).catch((problem) =>
        toast(problem.message, { error: true }),
      );
    const next = archive ? `/datasets/imports/${answers[0].id}/` : `/datasets/${this.id}/`;
    if (refused.length)
      return void toast("The dataset is made, without the files that were refused.", {
        link: { url: next, label: "Open it" },
        stays: true,
      });
    location.assign(next);
  }

  /** What holds nothing is no dataset: it goes to the trash. */
  async discard() {
    const { id } = this;
    this.id = null;
    if (id)
      await request(`${this.zone.getAttribute("new-dataset")}${id}/`, { method: "DELETE" }).catch(
        () => {},
      );
  }
}

export function takeDrops(zone) {
  zone.newDataset ??= new NewDataset(zone);
}
