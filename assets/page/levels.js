// How loud a microphone is, from its samples. No DOM.

export const FLOOR_DB = -60;
const FULL = 0.985;  // browsers limit just below full scale
const FALL_DB_PER_S = 24;
const KEPT_S = 3;  // a warning stays long enough to be read
const SILENT_DB = -75, SILENT_S = 3;  // a live microphone has more noise than that; a muted one gives zeros

/** @param {number} value @returns {number} */
const db = (value) => 20 * Math.log10(Math.max(value, 1e-6));

/** @param {Float32Array} x @returns {{peak_db: number, clipped: boolean}} clipped: two samples in a row at the end of the scale */
export function measured(x) {
  let peak = 0, run = 0, clipped = false;
  for (const value of x) {
    const size = Math.abs(value);
    if (size > peak) peak = size;
    run = size >= FULL ? run + 1 : 0;
    if (run > 1) clipped = true;
  }
  return { peak_db: db(peak), clipped };
}

/** A peak meter: up at once, down slowly; remembers clipping for a while, and notices when nothing at all is heard. */
export class Meter {
  level_db = FLOOR_DB;
  clipped = false;
  silent = false;
  #clipped_s = -Infinity;
  #heard_s = 0;
  #last_s = 0;

  /** @param {Float32Array} x the newest samples @param {number} now_s since the beginning */
  take(x, now_s) {
    const { peak_db, clipped } = measured(x);
    const fallen = this.level_db - FALL_DB_PER_S * Math.max(0, now_s - this.#last_s);
    this.level_db = Math.max(peak_db, fallen, FLOOR_DB);
    this.#last_s = now_s;
    if (clipped) this.#clipped_s = now_s;
    if (peak_db > SILENT_DB) this.#heard_s = now_s;
    this.clipped = now_s - this.#clipped_s < KEPT_S;
    this.silent = now_s - this.#heard_s > SILENT_S;
  }

  /** 0…1 of the bar. */
  get part() {
    return 1 - this.level_db / FLOOR_DB;
  }
}
