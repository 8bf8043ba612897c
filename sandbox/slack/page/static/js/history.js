// The history of sent lines, newest last.

const LONGEST = 200;

export class History {
  /** @type {string[]} */
  #lines = [];
  #at = 0;

  /** Whether the person is browsing it. */
  get isBrowsing() {
    return this.#at < this.#lines.length;
  }

  add(line) {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    this.#lines = this.#lines.slice(-LONGEST);
    this.rest();
  }

  /** Return to the newest line. */
  rest() {
    this.#at = this.#lines.length;
  }

  /** @returns {string | null} the line before, or null at the oldest */
  older() {
    if (this.#at === 0) return null;
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  /** @returns {string | null} the line after, empty after the newest, or null when already there */
  newer() {
    if (!this.isBrowsing) return null;
    this.#at += 1;
    return this.#lines[this.#at] ?? "";
  }
}
