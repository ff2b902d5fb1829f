// What a person can decide about an item of the quality report. A decision is a list of steps, each with its undo.

import { ClassKeys } from "../../class-keys.js";
import { request } from "../../csrf.js";

const KEYS = "1234567890";

const addressOf = (picture) => `/api/v1/images/${picture.id}/`;
const nameOf = (picture) => picture.class_name ?? "";

const leaveOut = (picture) => ({
  act: () => request(addressOf(picture), { method: "PATCH", json: { excluded: true } }),
  undo: () => request(addressOf(picture), { method: "PATCH", json: { excluded: false } }),
});

const trash = (picture) => ({
  act: () => request(addressOf(picture), { method: "DELETE" }),
  undo: () => request(`${addressOf(picture)}restore/`, { method: "POST" }),
});

const relabel = (picture, className) => ({
  act: () => request(addressOf(picture), { method: "PATCH", json: { class_name: className, expected_class_name: nameOf(picture) } }),
  undo: () => request(addressOf(picture), { method: "PATCH", json: { class_name: nameOf(picture), expected_class_name: className } }),
});

const dismiss = (item) => {
  const set = (dismissed) => request(`/api/v1/quality-items/${item.id}/`, { method: "PATCH", json: { dismissed } });
  return { act: () => set(true), undo: () => set(false) };
};

/** Does all steps or none. @returns {Promise<() => Promise<void>>} what undoes them */
export async function perform(steps) {
  const done = [];
  const undo = async () => {
    while (done.length) {
      await done.at(-1).undo();
      done.pop();
    }
  };
  try {
    for (const step of steps) {
      await step.act();
      done.push(step);
    }
  } catch (problem) {
    await undo();
    throw problem;
  }
  return undo;
}

const keep = (item, label) => ({ key: "k", icon: "check", label, said: "Kept as it is", steps: [dismiss(item)] });

function putAway(pictures, which) {
  return [
    { key: "x", icon: "eye-off", label: `Leave out${which}`, said: "Left out of new versions", steps: pictures.map(leaveOut) },
    { key: "t", icon: "trash", label: `Trash${which}`, said: "In the trash", steps: pictures.map(trash) },
  ];
}

function ofLabelError(item, classes) {
  const [picture] = item.images;
  const become = (name) => ({ said: `Now ${name}`, steps: [relabel(picture, name)] });
  const keys = new ClassKeys(classes, KEYS);
  const others = classes
    .filter((name) => keys.keyOf(name))
    .map((name) => ({ label: name, ...(name === item.given_class ? keep(item, name) : become(name)), key: keys.keyOf(name), icon: null, small: true }));
  return [
    { key: "Enter", icon: "wand", label: `Make it ${item.suggested_class}`, primary: true, ...become(item.suggested_class) },
    keep(item, `Keep ${item.given_class}`),
    ...putAway([picture], ""),
    ...others,
  ];
}

function ofConflict(item) {
  const names = [...new Set(item.images.map(nameOf).filter(Boolean))];
  const keys = new ClassKeys(names, KEYS);
  const become = names.filter((name) => keys.keyOf(name)).map((name) => ({
    key: keys.keyOf(name),
    icon: "tag",
    label: item.images.length === 2 ? `Both are ${name}` : `All are ${name}`,
    said: `Now ${name}`,
    steps: item.images.filter((picture) => nameOf(picture) !== name).map((picture) => relabel(picture, name)),
  }));
  return [...become, ...putAway(item.images, item.images.length === 2 ? " both" : " all"), keep(item, "Keep as it is")];
}

function ofCopies(item, kept) {
  const others = item.images.filter((_, index) => index !== kept);
  const which = others.length === 1 ? " the other" : ` the other ${others.length}`;
  return [...putAway(others, which), keep(item, others.length === 1 ? "Keep both" : "Keep all")].map((decision, index) => ({ ...decision, primary: index === 0 }));
}

/**
 * @param {object} item of the API @param {{kind: string, copies: boolean, classes: string[]}} review
 * @param {number} kept which of the copies is to stay
 * @returns {{key: string, label: string, said: string, steps: object[], icon?: string, primary?: boolean, small?: boolean}[]}
 */
export function decisionsOn(item, review, kept) {
  if (review.kind === "label_error") return ofLabelError(item, review.classes);
  if (review.kind === "label_conflict") return ofConflict(item);
  if (review.copies) return ofCopies(item, kept);
  return [...putAway(item.images, ""), keep(item, "Keep it")];
}
