// What was dropped, pasted or picked, as a list of {file, path}; folders are walked to the bottom.

/**
 * @typedef {object} Entry
 * @property {File} file
 * @property {string} path "cats/black/1.jpg" inside a folder, else the name
 */

/** @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const readBatch = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const readFile = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemEntry} entry @returns {entry is FileSystemFileEntry} */
const isFile = (entry) => entry.isFile;
/** @param {FileSystemEntry} entry @returns {entry is FileSystemDirectoryEntry} */
const isFolder = (entry) => entry.isDirectory;

/** @param {FileSystemEntry} entry @param {Entry[]} found is added to */
async function walk(entry, found) {
  if (isFile(entry))
    found.push({ file: await readFile(entry), path: entry.fullPath.replace(/^\//u, "") });
  if (!isFolder(entry)) return;
  const reader = entry.createReader();
  // readEntries answers at most a hundred at a time; an empty answer is the end.
  for (let batch = await readBatch(reader); batch.length; batch = await readBatch(reader)) {
    for (const child of batch) await walk(child, found);
  }
}

/**
 * Call it inside the event's own turn: items die with it.
 * @param {DataTransfer} transfer
 */
export async function entriesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const roots = items.map((item) => item.webkitGetAsEntry?.());
  const loose = items.map((item) => item.getAsFile());
  /** @type {Entry[]} */
  const found = [];
  for (const [index, root] of roots.entries()) {
    const file = loose[index];
    if (root?.isDirectory) await walk(root, found);
    else if (file) found.push({ file, path: file.name });
  }
  return found;
}

/**
 * @param {FileList} files of an <input type=file>, with or without webkitdirectory
 * @returns {Entry[]}
 */
export const entriesOfInput = (files) =>
  [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** Files that computers leave in folders, not meant for upload. @param {Entry} entry */
export const isJunk = ({ path }) =>
  /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/iu.test(path);

/** @param {Entry} entry */
export const isArchive = ({ file }) => /\.zip$/iu.test(file.name);

/** The folder a file lies in ("cats" of "pets/cats/1.jpg"), or "". @param {Entry} entry */
export const folderOf = ({ path }) => path.split("/").at(-2) ?? "";

/**
 * Batches of at most `count` files and `bytes` in all, files of one folder together.
 * @param {Entry[]} entries
 * @param {{count?: number, bytes?: number, byFolder?: boolean}} [options]
 */
export function batchesOf(entries, { count = 64, bytes = 48e6, byFolder = false } = {}) {
  /** @type {Entry[][]} */
  const batches = [];
  /** @type {Entry[]} */
  let batch = [];
  let size = 0;
  const sorted = byFolder
    ? [...entries].sort((a, b) => folderOf(a).localeCompare(folderOf(b)))
    : entries;
  for (const entry of sorted) {
    const fits = batch.length && batch.length < count && size + entry.file.size <= bytes;
    if (!fits || (byFolder && folderOf(entry) !== folderOf(batch[0]))) {
      batch = [];
      batches.push(batch);
      size = 0;
    }
    batch.push(entry);
    size += entry.file.size;
  }
  return batches;
}
