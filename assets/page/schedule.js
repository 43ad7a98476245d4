// What sounds when, in whole samples: the order of the passages, and the pieces of each track that make them up.

/**
 * Samples `from` … `from + count` of the recording, from the context's frame `frame`. in, out : it does not continue
 * what was before or comes behind, so it is faded.
 * @typedef {{frame: number, from: number, count: number, in: boolean, out: boolean}} Run
 * A track, or the part of it that a stretch replaces. It has the samples of the recording within `spans`; sample 0 of its
 * file is the recording's sample `origin`.
 * @typedef {{spans: [number, number][], origin: number, piece_samples: number}} Voice
 * @typedef {{frame: number, piece: number, offset: number, count: number, in: boolean, out: boolean}} Cut
 */

/**
 * What follows a run: the next round of the repeated passage, or the rest; null at the end.
 * @param {Run} run @param {[number, number] | null} passage in samples @param {number} total
 * @returns {Run | null}
 */
export function next(run, passage, total) {
  const end = run.from + run.count;
  const frame = run.frame + run.count;
  if (passage && end === passage[1]) return first(frame, passage[0], passage, total);
  return end < total ? { ...first(frame, end, passage, total), in: false } : null;
}

/** @param {number} frame @param {number} from @returns {Run} */
export function first(frame, from, passage, total) {
  const repeats = passage !== null && from < passage[1];
  const end = repeats ? passage[1] : total;
  return { frame, from, count: end - from, in: true, out: true };
}

/** Where in the recording the context's frame is; before the first run its beginning. @param {Run[]} runs */
export function positionAt(runs, frame) {
  const run = runs.findLast((one) => one.frame <= frame);
  return run ? run.from + Math.min(run.count, frame - run.frame) : runs[0].from;
}

/**
 * The pieces that a voice plays in a run, between two frames of the context.
 * @param {Run} run @param {Voice} voice @returns {Cut[]}
 */
export function cuts(run, voice, from_frame, to_frame) {
  const found = [];
  for (const [start, end] of voice.spans) {
    const left = Math.max(start, run.from), right = Math.min(end, run.from + run.count);
    const begin = run.from + from_frame - run.frame;  // nothing before it is asked for
    const whole = voice.origin + Math.floor((begin - voice.origin) / voice.piece_samples) * voice.piece_samples;
    for (let at = Math.max(left, whole); at < right; ) {
      const piece = Math.floor((at - voice.origin) / voice.piece_samples);
      const offset = at - voice.origin - piece * voice.piece_samples;
      const count = Math.min(right - at, voice.piece_samples - offset);
      const frame = run.frame + at - run.from;
      if (frame < to_frame && frame + count > from_frame) {
        found.push({
          frame, piece, offset, count,
          in: at === left && (at === run.from ? run.in : true),
          out: at + count === right && (right === run.from + run.count ? run.out : true),
        });
      }
      if (frame >= to_frame) break;
      at += count;
    }
  }
  return found;
}
