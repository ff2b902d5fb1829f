// What a person can decide about an item of the quality report. A decision is a list of steps, each
// with its undo.

import { ClassKeys } from "../../class-keys.js";
import { request } from "../../csrf.js";
import { formatInteger } from "../../format.js";

/**
 * @import { Annotation, Image as Picture, QualityItem } from "../../../types/api"
 *
 * @typedef {object} Step
 * @property {() => Promise<unknown>} act
 * @property {() => Promise<unknown>} undo
 *
 * @typedef {object} Decision
 * @property {string} key
 * @property {string} label
 * @property {string} said once it is done
 * @property {Step[]} steps
 * @property {string | null} [icon]
 * @property {boolean} [primary]
 * @property {boolean} [small]
 *
 * @typedef {object} ReviewPage what the page knows
 * @property {string} kind of finding
 * @property {boolean} copies whether its items are copies of one another
 * @property {boolean} groups whether an item may have many images
 * @property {boolean} mayEdit
 * @property {number} total
 * @property {string[]} classes of the dataset
 * @property {string} itemsUrl
 * @property {string} bulkUrl
 * @property {string} annotationsUrl
 * @property {string} imagePageUrl with zeros for the id
 */

const KEYS = "1234567890";

const MOST_AT_ONCE = 10_000;

/** @param {Picture} picture */
const nameOf = (picture) => picture.class_name ?? "";
/** @param {string} url @param {object} [json] */
const post = (url, json) => request(url, { method: "POST", json });

/**
 * One step for as many pictures as the server takes at once.
 * @param {Picture[]} pictures
 * @param {(some: Picture[]) => Step} step
 */
function inChunks(pictures, step) {
  const starts = Array.from(
    { length: Math.ceil(pictures.length / MOST_AT_ONCE) },
    (_, chunk) => chunk * MOST_AT_ONCE,
  );
  return starts.map((start) => step(pictures.slice(start, start + MOST_AT_ONCE)));
}

/** @param {"exclude"|"trash"} action @param {Picture[]} pictures @param {ReviewPage} review */
const putAway = (action, pictures, review) =>
  inChunks(pictures, (some) => {
    /** @type {string | null} */
    let edit = null;
    return {
      act: async () => {
        ({ edit } = await post(review.bulkUrl, { action, images: some.map(({ id }) => id) }));
      },
      undo: async () => edit && post(`/api/v1/bulk-edits/${edit}/undo/`),
    };
  });

/**
 * Nothing changes where one of them has got another class in between.
 * @param {Picture[]} pictures
 * @param {string} className
 * @param {ReviewPage} review
 */
const relabel = (pictures, className, review) =>
  inChunks(pictures, (some) => {
    /** @param {(before: string) => [given: string, expected: string]} change */
    const send = (change) => {
      /** @type {Annotation[]} */
      const annotations = some.map((picture) => {
        const [given, expected] = change(nameOf(picture));
        return { image: picture.id, class_name: given, expected_class_name: expected };
      });
      return post(review.annotationsUrl, { annotations });
    };
    return {
      act: () => send((before) => [className, before]),
      undo: () => send((before) => [before, className]),
    };
  });

/** @param {QualityItem} item @returns {Step} */
const dismiss = (item) => {
  /** @param {boolean} dismissed */
  const set = (dismissed) =>
    request(`/api/v1/quality-items/${item.id}/`, { method: "PATCH", json: { dismissed } });
  return { act: () => set(true), undo: () => set(false) };
};

/**
 * Does all steps or none.
 * @param {Step[]} steps
 * @returns {Promise<() => Promise<void>>} what undoes them
 */
export async function perform(steps) {
  /** @type {Step[]} */
  const done = [];
  const undo = async () => {
    for (let last = done.at(-1); last; last = done.at(-1)) {
      await last.undo();
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

/** @param {QualityItem} item @param {string} label @returns {Decision} */
const keep = (item, label) => ({
  key: "k",
  icon: "check",
  label,
  said: "Kept as it is",
  steps: [dismiss(item)],
});

/**
 * @param {Picture[]} pictures
 * @param {string} which in words; empty where there is no other
 * @param {ReviewPage} review
 * @returns {Decision[]}
 */
function away(pictures, which, review) {
  const many = `${formatInteger(pictures.length)} image${pictures.length === 1 ? "" : "s"}`;
  return [
    {
      key: "x",
      icon: "eye-off",
      label: `Leave out${which}`,
      said: `${many} left out of new versions`,
      steps: putAway("exclude", pictures, review),
    },
    {
      key: "t",
      icon: "trash",
      label: `Trash${which}`,
      said: `${many} in the trash`,
      steps: putAway("trash", pictures, review),
    },
  ];
}

/** @param {QualityItem} item @param {ReviewPage} review @returns {Decision[]} */
function ofLabelError(item, review) {
  /** @param {string} name */
  const become = (name) => ({ said: `Now ${name}`, steps: relabel(item.images, name, review) });
  const keys = new ClassKeys(review.classes, KEYS);
  const others = review.classes
    .filter((name) => keys.keyOf(name))
    .map((name) => ({
      label: name,
      ...(name === item.given_class ? keep(item, name) : become(name)),
      key: keys.keyOf(name),
      icon: null,
      small: true,
    }));
  return [
    {
      key: "Enter",
      icon: "wand",
      label: `Make it ${item.suggested_class}`,
      primary: true,
      ...become(item.suggested_class),
    },
    keep(item, `Keep ${item.given_class}`),
    ...away(item.images, "", review),
    ...others,
  ];
}

/** @param {QualityItem} item @param {ReviewPage} review @returns {Decision[]} */
function ofConflict(item, review) {
  const both = item.image_count === 2;
  const many = formatInteger(item.image_count);
  const keys = new ClassKeys(item.class_names, KEYS);
  const become = item.class_names
    .filter((name) => keys.keyOf(name))
    .map((name) => ({
      key: keys.keyOf(name),
      icon: "tag",
      label: both ? `Both are ${name}` : `All ${many} are ${name}`,
      said: `Now ${name}`,
      steps: relabel(
        item.images.filter((picture) => nameOf(picture) !== name),
        name,
        review,
      ),
    }));
  return [
    ...become,
    ...away(item.images, both ? " both" : ` all ${many}`, review),
    keep(item, "Keep as it is"),
  ];
}

/** @param {QualityItem} item @param {number} kept @param {ReviewPage} review */
function ofCopies(item, kept, review) {
  const others = item.images.filter((_, index) => index !== kept);
  const alone = item.image_count === 2;
  const which = alone ? " the other" : ` the other ${formatInteger(item.image_count - 1)}`;
  return [...away(others, which, review), keep(item, alone ? "Keep both" : "Keep all")].map(
    (decision, index) => ({ ...decision, primary: index === 0 }),
  );
}

/**
 * What is done, is done to all images of the item: they must have been fetched by then.
 * @param {QualityItem} item
 * @param {ReviewPage} review
 * @param {number} kept which of the copies is to stay
 * @returns {Decision[]}
 */
export function decisionsOn(item, review, kept) {
  if (review.kind === "label_error") return ofLabelError(item, review);
  if (review.kind === "label_conflict") return ofConflict(item, review);
  if (review.copies) return ofCopies(item, kept, review);
  return [...away(item.images, "", review), keep(item, "Keep it")];
}
