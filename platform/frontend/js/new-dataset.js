// Files dropped on Home or Datasets: a dataset is made and named after them, and what follows goes
// on by itself.

import { request } from "./csrf.js";
import { isArchive } from "./dropped-files.js";
import { complain, toast } from "./toast.js";

/**
 * @import { Uploaded } from "../types/page"
 * @import { Entry } from "./dropped-files.js"
 * @import { DropZone } from "./dropzone.js"
 */

const LONGEST_NAME = 120;

/** Named after the zip, or after the folder, or after the day. @param {Entry[]} entries */
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
  /** @param {DropZone} zone with the address of datasets in `new-dataset` */
  constructor(zone) {
    this.zone = zone;
    this.datasets = zone.getAttribute("new-dataset") ?? "";
    /** @type {string | null} */
    this.id = null;
    zone.addEventListener("files", (event) => {
      event.preventDefault();
      this.make(event.detail.entries);
    });
    zone.addEventListener("uploaded", (event) => this.goOn(event.detail));
    zone.addEventListener("upload-cancelled", () => this.discard());
    zone.addEventListener("upload-failed", ({ detail: { problem } }) => {
      if (problem.status < 500 && problem.status >= 400) this.discard();
    });
  }

  /** @param {Entry[]} entries */
  async make(entries) {
    if (this.id)
      return void toast("An upload is running. Wait for it, or cancel it.", { error: true });
    const { datasets } = this;
    this.id = "under way";
    try {
      const { id } = await request(datasets, { method: "POST", json: { name: nameOf(entries) } });
      this.id = id;
      await request(this.step(""), { method: "POST" });
    } catch (problem) {
      this.id = null;
      return void complain(problem);
    }
    this.zone.setAttribute("archive-url", `${datasets}${this.id}/imports/`);
    this.zone.setAttribute("images-url", `${datasets}${this.id}/images/`);
    this.zone.send(entries);
  }

  /** @param {string} name */
  step(name) {
    return `/datasets/${this.id}/first-run/${name}`;
  }

  /**
   * To the import; images are there already, so that only their comparison is waited for.
   * @param {Uploaded} upload
   */
  async goOn({ entries, answers, refused }) {
    const archive = entries.find(isArchive);
    if (!archive) await request(this.step("ready/"), { method: "POST" }).catch(complain);
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
    if (id) await request(`${this.datasets}${id}/`, { method: "DELETE" }).catch(() => {});
  }
}

/** @type {WeakSet<DropZone>} */
const taken = new WeakSet();

/** @param {DropZone} zone becomes one that makes datasets, once */
export function takeDrops(zone) {
  if (taken.has(zone)) return;
  taken.add(zone);
  new NewDataset(zone);
}
