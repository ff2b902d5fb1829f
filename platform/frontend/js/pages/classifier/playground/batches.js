// Which images go into which request: the API takes so many, and so many bytes, at a time.

import { formatBytes } from "../../../format.js";

/**
 * @typedef {{images: number, imageBytes: number, totalBytes: number}} Limits of one request
 * @param {File[]} files @param {Limits} limits
 * @returns {{batches: File[][], tooLarge: Map<File, string>}} the files in their order; those that no request takes, with the reason
 */
export function batchesOf(files, limits) {
  const tooLarge = new Map();
  const batches = [];
  let bytes = 0;
  for (const file of files) {
    if (file.size > limits.imageBytes) {
      tooLarge.set(
        file,
        `An image may have up to ${formatBytes(limits.imageBytes)}; this one has ${formatBytes(file.size)}.`,
      );
      continue;
    }
    const full =
      !batches.length ||
      batches.at(-1).length >= limits.images ||
      bytes + file.size > limits.totalBytes;
    if (full) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1).push(file);
    bytes += file.size;
  }
  return { batches, tooLarge };
}
