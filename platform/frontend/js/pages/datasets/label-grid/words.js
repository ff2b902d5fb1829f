// What the label grid says.

import { formatInteger } from "../../../format.js";

/**
 * @import { GridScreen, InstantModel } from "../../../../types/api"
 * @import { Board } from "./board.js"
 */

/**
 * 0.957 → "96 %"; nothing is certain, so 0.998 → "99 %".
 * @param {number | null | undefined} share
 */
export const certainty = (share) =>
  share === null || share === undefined ? "" : `${Math.min(99, Math.round(share * 100))} %`;

/** @param {number} count */
const images = (count) => `${formatInteger(count)} image${count === 1 ? "" : "s"}`;

/** @param {GridScreen} screen @param {Board} board */
export function questionOf(screen, board) {
  if (!board.count) return "Every image is labelled";
  const [group] = board.groups;
  if (board.groups.length > 1) return "Are these in the right groups?";
  if (group.class_name !== null) return `Are these all ${group.class_name}?`;
  return screen.kind === "look_alikes" ? "What are these?" : "Which of these are of one class?";
}

/** @param {GridScreen} screen @param {Board} board */
export function adviceOf(screen, board) {
  if (!board.count) return "What you labelled can be frozen into a version.";
  if (board.isNamed) return "Mark what is wrong, then confirm the rest.";
  if (screen.kind === "look_alikes")
    return "They look alike. Name them by a class, mark what is none of it, then confirm.";
  return "Mark those that are, then choose their class.";
}

/**
 * What the classes beside the images are for now.
 * @param {GridScreen} screen
 * @param {Board} board
 */
export function classesWords(screen, board) {
  if (board.marked.length)
    return `Give the ${formatInteger(board.marked.length)} marked this class:`;
  return screen.kind === "unsorted" ? "Mark images, then choose their class:" : "Name all of them:";
}

/** @param {Board} board */
export function confirmWords(board) {
  const count = board.count - board.marked.length;
  const [group] = board.groups;
  if (!board.count || !board.isNamed) return "Confirm";
  if (!count) return `None of ${images(board.count)} is right`;
  return board.groups.length === 1
    ? `Confirm ${formatInteger(count)} as ${group.class_name}`
    : `Confirm ${images(count)}`;
}

/** What there is to say of the instant model in a line. @param {InstantModel} model */
export function modelWords({ accuracy, interval, learned_from, status, detail }) {
  if (status !== "ready" && status !== "fitting") return detail;
  const taught = `Instant model: taught by ${images(learned_from)}`;
  if (accuracy === null || interval === null) return taught;
  const [low, high] = interval.map((share) => Math.round(share * 100));
  const right = certainty(accuracy);
  return `${taught}, right on ${right} (probably ${low} to ${high} %)`;
}
