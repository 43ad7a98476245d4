// Time on the screen and in the files: seconds ↔ pixels, zoom, the passage that is repeated; samples ↔ frames ↔ bytes.
// Nothing here touches the page or the network.

export const RATE = 48_000;  // of every listening copy
export const PIECE_FRAMES = 208;  // of MP3: 4.992 s, what is fetched and decoded at a time
const BEFORE = 2, BEHIND = 1;  // frames that are decoded with a piece and thrown away
export const SHORTEST_VIEW_S = 1;
export const SHORTEST_PASSAGE_S = 0.1;

/** What is to be seen. @typedef {{start_s: number, span_s: number, duration_s: number}} View */
/** What is repeated. @typedef {{start_s: number, end_s: number}} Passage */
/**
 * A recording's listening copies, as the server describes them.
 * @typedef {{
 *   duration_s: number, channels: number, frame_samples: number, frame_bytes: number, lead_samples: number,
 *   tracks: Record<string, {url: string, lufs: number | null, bytes: number}>,
 *   peaks: {url: string, per_s: number},
 *   spectrogram: {url: string, tile_px: number, height_px: number, levels: number[], min_hz: number, max_hz: number},
 *   gain_db?: number, start_s?: number, length_s?: number,
 * }} Media
 */

export const clamp = (x, least, most) => Math.max(least, Math.min(most, x));

// ---- files -----------------------------------------------------------------------------------------------------

/** @param {Media} media */
export const samplesOf = (media) => Math.round(media.duration_s * RATE);

/** @param {Media} media */
export const pieceSamples = (media) => PIECE_FRAMES * media.frame_samples;

/**
 * Where a piece lies in its file: bytes `first` to `last` (inclusive, as HTTP counts) are `frames` whole frames; of what
 * a decoder makes of them, the piece is `samples` behind the first `skip`.
 * @param {Media} media @param {number} bytes of the whole file @param {number} piece
 */
export function placeOf(media, bytes, piece) {
  const { frame_samples: each, frame_bytes: size, lead_samples: lead } = media;
  const from = piece * pieceSamples(media);
  const samples = Math.min(pieceSamples(media), samplesOf(media) - from);
  const first = Math.max(0, Math.floor((from + lead) / each) - BEFORE);
  const end = Math.min(Math.floor(bytes / size), Math.ceil((from + samples + lead) / each) + BEHIND);
  return {
    first: first * size, last: end * size - 1, frames: end - first, skip: from + lead - first * each, samples,
  };
}

// ---- screen ----------------------------------------------------------------------------------------------------

/** @param {number} duration_s @returns {View} */
export const whole = (duration_s) => ({ start_s: 0, span_s: duration_s, duration_s });

/** @param {View} view @param {number} s @param {number} width_px */
export const toPixels = (view, s, width_px) => ((s - view.start_s) / view.span_s) * width_px;

/** @param {View} view @param {number} px @param {number} width_px */
export const toSeconds = (view, px, width_px) =>
  clamp(view.start_s + (px / width_px) * view.span_s, 0, view.duration_s);

/** @param {View} view @param {number} start_s @param {number} [span_s] @returns {View} */
export function moved(view, start_s, span_s = view.span_s) {
  const span = clamp(span_s, Math.min(SHORTEST_VIEW_S, view.duration_s), view.duration_s);
  return { ...view, span_s: span, start_s: clamp(start_s, 0, view.duration_s - span) };
}

/** Closer by `factor`, with `around_s` where it was. @param {View} view @returns {View} */
export function zoomed(view, factor, around_s) {
  const { span_s } = moved(view, 0, view.span_s / factor);
  return moved(view, around_s - ((around_s - view.start_s) / view.span_s) * span_s, span_s);
}

/** @param {View} view */
export const isWhole = (view) => view.span_s >= view.duration_s;

/** @param {View} view @param {number} s */
export const sees = (view, s) => s >= view.start_s && s <= view.start_s + view.span_s;

/**
 * The next page when what plays leaves the view; nobody who looks elsewhere is pulled back.
 * @param {View} view @returns {View}
 */
export const following = (view, was_s, is_s) =>
  !sees(view, is_s) && sees(view, was_s) ? moved(view, is_s - 0.05 * view.span_s) : view;

/** What is dragged over, or null if it is too short to be meant. @returns {Passage | null} */
export function passage(one_s, other_s, duration_s) {
  const start_s = clamp(Math.min(one_s, other_s), 0, duration_s);
  const end_s = clamp(Math.max(one_s, other_s), 0, duration_s);
  return end_s - start_s < SHORTEST_PASSAGE_S ? null : { start_s, end_s };
}

const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Round moments for the axis, at least `gap_px` apart. @param {View} view @returns {{s: number, px: number}[]} */
export function ticks(view, width_px, gap_px = 76) {
  const step = STEPS_S.find((s) => (s / view.span_s) * width_px >= gap_px) ?? STEPS_S.at(-1);
  const found = [];
  for (let k = Math.ceil(view.start_s / step - 1e-9); k * step <= view.start_s + view.span_s; k++) {
    found.push({ s: k * step, px: toPixels(view, k * step, width_px) });
  }
  return found;
}

/** 0:12, 1:02:03, and 0:12.5 where tenths are shown. @param {number} s */
export function clock(s, tenths = false) {
  const unit = tenths ? 10 : 1;
  const all = Math.floor(Math.max(0, s) * unit + 1e-6);
  const [hours, minutes, seconds] = [all / unit / 3600, (all / unit / 60) % 60, (all / unit) % 60].map(Math.floor);
  const two = (x) => String(x).padStart(2, "0");
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}${tenths ? `.${all % 10}` : ""}`;
}
