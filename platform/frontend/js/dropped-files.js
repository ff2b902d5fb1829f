// What was dropped, pasted or picked, as a list of {file, path}; folders are walked to the bottom.

/** @typedef {{file: File, path: string}} Entry path: "cats/black/1.jpg" inside a folder, else the name */

const readBatch = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
const readFile = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

async function walk(entry, found) {
  if (entry.isFile) {
    found.push({ file: await readFile(entry), path: entry.fullPath.replace(/^\//u, "") });
    return;
  }
  const reader = entry.createReader();
  // readEntries answers at most a hundred at a time; an empty answer is the end.
  for (let batch = await readBatch(reader); batch.length; batch = await readBatch(reader)) {
    for (const child of batch) await walk(child, found);
  }
}

/** @param {DataTransfer} transfer @returns {Promise<Entry[]>} Call it inside the event's own turn: items die with it. */
export async function entriesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const roots = items.map((item) => item.webkitGetAsEntry?.());
  const loose = items.map((item) => item.getAsFile());
  const found = [];
  for (const [index, root] of roots.entries()) {
    if (root?.isDirectory) await walk(root, found);
    else if (loose[index]) found.push({ file: loose[index], path: loose[index].name });
  }
  return found;
}

/** @param {FileList} files of an <input type=file>, with or without webkitdirectory @returns {Entry[]} */
export const entriesOfInput = (files) =>
  [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** Files that computers leave in folders and that are not meant for upload. */
export const isJunk = ({ path }) =>
  /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/iu.test(path);

export const isArchive = ({ file }) => /\.zip$/iu.test(file.name);

/** @returns {string} the folder a file lies in ("cats" of "pets/cats/1.jpg"), or "" */
export const folderOf = ({ path }) => path.split("/").at(-2) ?? "";

/** Batches of at most `count` files and `bytes` in all, files of one folder together. @returns {Entry[][]} */
export function batchesOf(entries, { count = 64, bytes = 48e6, byFolder = false } = {}) {
  const batches = [];
  let size = 0;
  let folder = null;
  const sorted = byFolder
    ? [...entries].sort((a, b) => folderOf(a).localeCompare(folderOf(b)))
    : entries;
  for (const entry of sorted) {
    const fits = batches.length && batches.at(-1).length < count && size + entry.file.size <= bytes;
    if (!fits || (byFolder && folderOf(entry) !== folder)) {
      batches.push([]);
      size = 0;
      folder = folderOf(entry);
    }
    batches.at(-1).push(entry);
    size += entry.file.size;
  }
  return batches;
}
