// Classes and splits of the points of a map.

/** Categories by name: the last one stands for those without any. */
export class Categories {
  /**
   * @param {string[]} names
   * @param {number[]} indices of each point's name; negative: none
   * @param {string} none what is written for none
   */
  constructor(names, indices, none) {
    this.names = [...names, none];
    this.of = indices.map((index) => (index < 0 ? names.length : index));
  }

  /** @param {number} index of a point */
  nameOf = (index) => this.names[this.of[index]];

  /**
   * The category's own name, null for none: a class may be called what we write for none.
   * @param {number} index of a point
   */
  valueOf = (index) => (this.of[index] === this.names.length - 1 ? null : this.nameOf(index));

  /** @param {number} index @param {string | null} name a new one takes its place before "none" */
  set(index, name) {
    let at = name === null ? this.names.length - 1 : this.names.slice(0, -1).indexOf(name);
    if (at < 0 && name !== null) {
      at = this.names.length - 1;
      this.names.splice(at, 0, name);
      this.of = this.of.map((each) => (each >= at ? each + 1 : each));
    }
    this.of[index] = at;
  }

  /** How many points each category has. */
  counts() {
    const counts = this.names.map(() => 0);
    for (const each of this.of) counts[each] += 1;
    return counts;
  }
}
