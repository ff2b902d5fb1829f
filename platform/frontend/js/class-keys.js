// Which key gives which class: one that is named after a key has that key, the others what is left,
// in their order.

/** The handiest first; without those that mean something else on the screens: s, x, u, o, k. */
export const CLASS_KEYS = "1234567890qwertyipadfghjlzcvbnm";

export class ClassKeys {
  /** @param {string[]} names @param {string} keys one character each, the handiest first */
  constructor(names, keys) {
    this.keys = [...keys];
    /** @type {Map<string, string>} names by their keys */
    this.names = new Map();
    for (const name of names) if (this.keys.includes(name)) this.names.set(name, name);
    for (const name of names) this.add(name);
  }

  /** Gives a further class a key, if one is left; what others have stays. @param {string} name */
  add(name) {
    const taken = [...this.names.keys()];
    const key = [name, ...this.keys].find((one) => this.keys.includes(one) && !taken.includes(one));
    if (key && !this.keyOf(name)) this.names.set(key, name);
  }

  /** @param {string} name @returns {string} the key of a class, empty for none */
  keyOf(name) {
    return [...this.names].find(([, one]) => one === name)?.[0] ?? "";
  }

  /** @param {string} key @returns {string|undefined} the class of a key */
  nameOf(key) {
    return this.names.get(key);
  }
}
