// Which images go into which request: the API takes so many, and so many bytes, at a time.

import { formatBytes } from "../../../format.js";

/**
 * @typedef {{images: number, imageBytes: number, totalBytes: number}} Limits of one request
 */

/**
 * The files in their order; those that no request takes, with the reason.
 * @param {File[]} files
 * @param {Limits} limits
 */
export function batchesOf(files, limits) {
  /** @type {Map<File, string>} */
  const tooLarge = new Map();
  /** @type {File[][]} */
  const batches = [];
  /** @type {File[]} */
  let batch = [];
  let bytes = 0;
  for (const file of files) {
    if (file.size > limits.imageBytes) {
      const [most, size] = [formatBytes(limits.imageBytes), formatBytes(file.size)];
      tooLarge.set(file, `An image may have up to ${most}; this one has ${size}.`);
      continue;
    }
    const full = batch.length >= limits.images || bytes + file.size > limits.totalBytes;
    if (!batch.length || full) {
      batch = [];
      batches.push(batch);
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  return { batches, tooLarge };
}
