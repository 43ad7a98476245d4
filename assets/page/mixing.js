// How loud each track plays, from what is heard. out = w · after + (1 − w) · g · before, as the download's mix is made.

/** @typedef {"before" | "after" | "removed"} Heard */
/** @typedef {{before: number | null, after: number | null}} Loudness in LUFS; null where nothing could be measured */

export const fromDb = (db) => 10 ** (db / 20);
export const toDb = (gain) => 20 * Math.log10(gain);

/**
 * Linear gains, none of which makes anything louder than the louder of its parts was.
 * @param {{heard: Heard, amount?: number, equal?: boolean, lufs: Loudness, gain_db?: number}} wanted
 *   amount : 0 to 100, how much of the work is heard
 *   equal : everything as loud as the quietest of before and after
 *   gain_db : what the work did to the loudness of all
 * @returns {{before: number, after: number, removed: number}}
 */
export function gains({ heard, amount = 100, equal = true, lufs, gain_db = 0 }) {
  const known = equal && Number.isFinite(lufs.before) && Number.isFinite(lufs.after);
  const least = known ? Math.min(lufs.before, lufs.after) : 0;
  const level = (loudness) => (known ? fromDb(Math.min(0, least - loudness)) : 1);
  if (heard === "before") return { before: level(lufs.before), after: 0, removed: 0 };
  if (heard === "removed") return { before: 0, after: 0, removed: level(lufs.before) };  // as it was in "before"
  const w = Math.min(100, Math.max(0, amount)) / 100;
  const raised = fromDb(gain_db);
  const mix = known ? fromDb(least - mixLoudness(w, lufs.after, lufs.before + gain_db)) : 1;
  return { before: mix * (1 - w) * raised, after: mix * w, removed: 0 };
}

/** LUFS of a mix of two that say the same, as the same voice does: their amplitudes add. */
export const mixLoudness = (w, after, before) => toDb(w * fromDb(after) + (1 - w) * fromDb(before));

/**
 * A stretch that was made anew in place of the whole: as much louder or quieter than its own "before" as it was made,
 * beside a "before" that plays at the whole's level.
 * @param {Loudness} whole @param {Loudness} stretch @returns {Loudness}
 */
export function besides(whole, stretch) {
  const finite = [whole.before, stretch.before, stretch.after].every(Number.isFinite);
  return finite ? { before: whole.before, after: whole.before + stretch.after - stretch.before } : whole;
}
