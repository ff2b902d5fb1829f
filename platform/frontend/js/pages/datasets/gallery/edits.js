// What this page has done to images and can undo, and how it says so.

import { codeOf, request } from "../../../csrf.js";
import { formatInteger } from "../../../format.js";
import { complain, toast } from "../../../toast.js";

/**
 * @import { Gallery } from "../../../../types/page"
 *
 * @typedef {object} Edit
 * @property {string} [edit] its id at the server; without one it cannot be undone
 * @property {(() => void) | null} back changes the tiles back
 *
 * @typedef {{message: string, edit?: string}} Flash what the page says once it is loaded again
 */

const FLASH_KEY = "loupe-bulk-done";

/** @param {number} count */
export const images = (count) => `${formatInteger(count)} image${count === 1 ? "" : "s"}`;

/**
 * Loads the page again, which then says this.
 * @param {Flash} flash
 * @returns {Promise<never>}
 */
export function leaveWith(flash) {
  sessionStorage.setItem(FLASH_KEY, JSON.stringify(flash));
  location.reload();
  return new Promise(() => {});
}

export class Edits {
  /** @type {Edit[]} the latest last */
  done = [];

  /** @param {Gallery | null} gallery @param {() => void} refresh what stands beside the tiles */
  constructor(gallery, refresh) {
    this.gallery = gallery;
    this.refresh = refresh;
  }

  /**
   * Says what was done, with a button that undoes it.
   * @param {string} message
   * @param {string} [edit]
   * @param {(() => void) | null} [back]
   */
  say(message, edit, back = null) {
    const entry = { edit, back };
    if (edit) this.done.push(entry);
    toast(message, { undo: edit ? () => this.undo(entry) : undefined });
  }

  /** What was to be said after this page was loaded. */
  sayFlash() {
    /** @type {Flash | null} */
    const flash = JSON.parse(sessionStorage.getItem(FLASH_KEY) ?? "null");
    sessionStorage.removeItem(FLASH_KEY);
    if (flash) this.say(flash.message, flash.edit);
  }

  /** @param {Edit} entry @returns {Promise<string>} a sentence */
  async undo(entry) {
    this.done.splice(this.done.indexOf(entry), 1);
    this.gallery?.classList.add("is-busy");
    try {
      const { left } = await request(`/api/v1/bulk-edits/${entry.edit}/undo/`, { method: "POST" });
      const said = left ? `Undone, except ${images(left)} changed by someone since.` : "Undone";
      if (left || !entry.back) return await leaveWith({ message: said });
      entry.back();
      this.refresh();
      return said;
    } catch (problem) {
      if (codeOf(problem) !== "already_undone") this.done.push(entry);
      throw problem;
    } finally {
      this.gallery?.classList.remove("is-busy");
    }
  }

  /** For when the toast, which listens to u itself, has gone. */
  async undoLast() {
    const last = this.done.at(-1);
    if (!last || this.gallery?.classList.contains("is-busy")) return;
    try {
      toast(await this.undo(last));
    } catch (problem) {
      complain(problem);
    }
  }
}
