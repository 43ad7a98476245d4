// What was before, and after it was taken back: undo and redo of values. No DOM.

const MOST = 100;

/** @template T */
export class Past {
  /** @type {T[]} */ #before = [];
  /** @type {T[]} */ #after = [];
  #noted_ms = -Infinity;

  /** @param {T} now @param {number} [together_ms] what changes within that time of each other is one step: a slider on its way */
  constructor(now, together_ms = 800) {
    this.now = now;
    this.together_ms = together_ms;
  }

  get can_undo() {
    return this.#before.length > 0;
  }

  get can_redo() {
    return this.#after.length > 0;
  }

  /** @param {T} next @param {number} at_ms */
  note(next, at_ms = performance.now()) {
    const apart = at_ms - this.#noted_ms > this.together_ms;
    if (apart || !this.#before.length) this.#before = [...this.#before, this.now].slice(-MOST);
    this.#noted_ms = at_ms;
    this.#after = [];
    this.now = next;
  }

  /** The next change is a step of its own, however soon it comes. */
  close() {
    this.#noted_ms = -Infinity;
  }

  undo() {
    if (this.can_undo) this.#after.push(this.now), (this.now = /** @type {T} */ (this.#before.pop()));
    this.#noted_ms = -Infinity;
    return this.now;
  }

  redo() {
    if (this.can_redo) this.#before.push(this.now), (this.now = /** @type {T} */ (this.#after.pop()));
    this.#noted_ms = -Infinity;
    return this.now;
  }
}
