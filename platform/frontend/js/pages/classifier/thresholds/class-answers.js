// The answers of one class, sorted, so that a threshold is looked up and not counted.

/** @typedef {{truth: number[], predicted: number[], probability: number[], unknown: number[],
 *   classes: string[]}} Answers */

export class ClassAnswers {
  /** Of known images, the answers of this class: probability and whether it is right. */
  constructor() {
    /** @type {[number, boolean][]} */
    this.found = [];
    this.images = 0; // Images that truly have the class.
    /** @type {number[]} */
    this.rightFrom = [];
  }

  /** @param {Answers} data @returns {ClassAnswers[]} one for each class */
  static of({ classes, truth, predicted, probability, unknown }) {
    const all = classes.map(() => new ClassAnswers());
    for (const [index, said] of predicted.entries()) {
      all[truth[index]].images += 1;
      if (!unknown[index]) all[said].found.push([probability[index], truth[index] === said]);
    }
    for (const each of all) each.sort();
    return all;
  }

  get answered() {
    return this.found.length;
  }

  sort() {
    this.found.sort(([one], [two]) => two - one);
    let right = 0;
    this.rightFrom = [0];
    for (const [, isRight] of this.found) {
      right += isRight ? 1 : 0;
      this.rightFrom.push(right);
    }
  }

  /** What goes through from a threshold on; null: nothing. @param {number | null} threshold */
  at(threshold) {
    if (threshold === null) return { accepted: 0, right: 0 };
    let [low, high] = [0, this.found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.found[middle][0] >= threshold) low = middle + 1;
      else high = middle;
    }
    return { accepted: low, right: this.rightFrom[low] };
  }
}
