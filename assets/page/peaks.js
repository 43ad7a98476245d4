// Peaks of a track for any part of it: the whole at once, the part that is looked at in more detail when it is there.

import { bytesOf } from "./ranges.js";

const POINTS = 1600;
const KEPT = 6;  // windows per track
const SETTLED_MS = 80;  // the view is still moving before

/** @typedef {{start_s: number, stop_s: number, values: Int8Array}} Window values : smallest, largest, smallest, … */

/** Fires "change" when more is known. */
export class Peaks extends EventTarget {
  /** @type {Map<string, Window[]>} the newest last */
  #windows = new Map();
  #ending = new AbortController();
  /** @type {Map<string, number>} */
  #timers = new Map();

  /** @param {import("./timeline.js").Media} media */
  constructor(media) {
    super();
    this.media = media;
  }

  /** The finest known window with all of start_s … stop_s, null if there is none yet. A finer one is asked for. */
  get(track, start_s, stop_s) {
    const all = this.#windows.get(track);
    if (!all) {
      this.#windows.set(track, []);
      this.#ask(track, 0, this.media.duration_s);
      return null;
    }
    const fitting = all.filter((one) => one.start_s <= start_s + 1e-6 && one.stop_s >= stop_s - 1e-6);
    const finest = fitting.sort((a, b) => density(b) - density(a))[0] ?? null;
    const wanted = Math.min(this.media.peaks.per_s, POINTS / 3 / (stop_s - start_s));
    if (finest && density(finest) < 0.9 * wanted) this.#askSoon(track, start_s, stop_s);
    return finest;
  }

  close() {
    this.#ending.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Thrice as wide as the view: a step aside needs no request. */
  #askSoon(track, start_s, stop_s) {
    clearTimeout(this.#timers.get(track));
    const span = stop_s - start_s;
    const ask = () => this.#ask(track, Math.max(0, start_s - span), Math.min(this.media.duration_s, stop_s + span));
    this.#timers.set(track, setTimeout(ask, SETTLED_MS));
  }

  async #ask(track, start_s, stop_s) {
    const points = Math.max(1, Math.min(POINTS, Math.ceil((stop_s - start_s) * this.media.peaks.per_s)));
    const query = new URLSearchParams({ track, start_s: String(start_s), stop_s: String(stop_s), points: String(points) });
    const { signal } = this.#ending;
    try {
      const values = new Int8Array(await bytesOf(`${this.media.peaks.url}?${query}`, { signal }));
      const all = this.#windows.get(track);
      all.push({ start_s, stop_s, values });
      if (all.length > KEPT) all.splice(1, 1);  // the first shows the whole
      this.dispatchEvent(new Event("change"));
    } catch {
      // Given up: the page has left, or the server has forgotten. The player says so.
    }
  }
}

const density = ({ start_s, stop_s, values }) => values.length / 2 / (stop_s - start_s);

/** Smallest and largest (−1 … 1) between two moments. @param {Window} window @returns {[number, number]} */
export function range({ start_s, stop_s, values }, from_s, to_s) {
  const points = values.length / 2, per_s = points / (stop_s - start_s);
  const from = Math.max(0, Math.min(points - 1, Math.floor((from_s - start_s) * per_s)));
  const to = Math.max(from + 1, Math.min(points, Math.ceil((to_s - start_s) * per_s)));
  let least = 127, most = -127;
  for (let k = from; k < to; k++) {
    if (values[2 * k] < least) least = values[2 * k];
    if (values[2 * k + 1] > most) most = values[2 * k + 1];
  }
  return [least / 127, most / 127];
}

/** The largest of all, 0 … 1. @param {Window | null} window */
export const largest = (window) => (window ? window.values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127 : 0);
