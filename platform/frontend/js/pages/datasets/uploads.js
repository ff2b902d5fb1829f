// After an upload on a dataset's page: an archive leads to its import, images to the gallery.

import { formatInteger } from "../../format.js";
import { toast } from "../../toast.js";

document.addEventListener("uploaded", (event) => {
  const { answers, refused } = event.detail;
  const source = answers.find((answer) => answer?.job);
  if (source) return void location.assign(`/datasets/imports/${source.id}/`);
  const results = answers.flatMap((answer) => answer?.results ?? []);
  const added = results.filter((result) => result.status === 201).length;
  const known = results.filter((result) => result.status === 200).length;
  const there = known ? `, ${formatInteger(known)} already there` : "";
  const words = `${formatInteger(added)} added${there}`;
  if (!refused.length && added) return void location.reload();
  toast(words, { link: added ? { url: location.href, label: "Show" } : undefined });
});
