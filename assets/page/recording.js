// What is open: one recording, and perhaps a stretch of it that was made anew and takes the place of "after" and
// "removed" there. Which voices that makes, how loud they are, and what there is to draw of them.

import { Feed } from "./feed.js";
import { besides, gains } from "./mixing.js";
import { largest, Peaks } from "./peaks.js";
import { Spectrogram } from "./spectrogram.js";
import { clamp, pieceSamples, RATE, samplesOf } from "./timeline.js";

/** @typedef {import("./timeline.js").Media} Media */

/** Fires "trouble" (see `trouble`) and "change" (there is more to draw). */
export class Recording extends EventTarget {
  /** @type {ReturnType<typeof opened> | null} */
  #part = null;

  /** @param {Media} media */
  constructor(media) {
    super();
    this.media = media;
    this.total = samplesOf(media);
    this.whole = this.#watched(opened(media));
  }

  get stretch() {
    return this.#part?.media ?? null;
  }

  get trouble() {
    return this.whole.feed.trouble ?? this.#part?.feed.trouble ?? null;
  }

  /** Of decoded sound in memory. */
  get held_bytes() {
    return this.whole.feed.held.bytes + (this.#part?.feed.held.bytes ?? 0);
  }

  /**
   * Set a stretch, or take it away. `swap` is called when the voices are to be loaded again: at once, or, where sample
   * `playing_at` is heard and within the stretch, when its sound there has come.
   * @param {Media | null} media @param {number | null} playing_at @param {() => void} swap
   */
  replace(media, playing_at, swap) {
    const old = this.#part;
    const part = this.#part = media && this.#watched(opened(media));
    const done = () => { swap(); closed(old); };
    const piece = part && playing_at !== null ? Math.floor((playing_at - start(media)) / pieceSamples(media)) : -1;
    if (piece < 0 || piece * pieceSamples(media) >= samplesOf(media)) {
      done();
      return;
    }
    part.feed.want(["after", "removed"].map((track) => ({ track, piece })));
    part.feed.addEventListener("piece", () => (this.#part === part ? done() : closed(old)), { once: true });
  }

  retry() {
    this.whole.feed.retry();
    this.#part?.feed.retry();
  }

  close() {
    closed(this.whole);
    closed(this.#part);
  }

  /** @returns {import("./transport.js").Voice[]} */
  voices() {
    const { media, total, whole: { feed } } = this;
    const part = this.#part, piece_samples = pieceSamples(media);
    const origin = part ? start(part.media) : 0;
    const end = part ? Math.min(total, origin + samplesOf(part.media)) : 0;
    const voice = (track, spans) => ({ name: track, track, feed, spans, origin: 0, piece_samples });
    const voices = [voice("before", [[0, total]])];
    for (const track of ["after", "removed"]) {
      voices.push(voice(track, part ? [[0, origin], [end, total]] : [[0, total]]));
      if (part) {
        const common = { track, feed: part.feed, piece_samples };
        voices.push({ ...common, name: `stretch ${track}`, spans: [[origin, end]], origin });
      }
    }
    return voices;
  }

  /** Linear, by the voices' names. @param {import("./mixing.js").Heard} heard @returns {Record<string, number>} */
  gains(heard, amount, equal) {
    const lufs = loudness(this.media), common = { heard, amount, equal };
    const whole = gains({ ...common, lufs, gain_db: this.media.gain_db ?? 0 });
    if (!this.#part) return whole;
    const { media } = this.#part;
    const part = gains({ ...common, lufs: besides(lufs, loudness(media)), gain_db: media.gain_db ?? 0 });
    return { ...whole, "stretch after": part.after, "stretch removed": part.removed };
  }

  /**
   * What it was in grey, what it is in colour, each as loud as it is heard alone, what is heard in front.
   * @param {ReturnType<typeof import("./colours.js").coloursOf>} colours
   */
  layers(heard, equal, colours, from_s, to_s) {
    const { before } = this.gains("before", 100, equal), { after } = this.gains("after", 100, equal);
    const gain = { before, after, removed: before };
    const layers = ["before", heard === "removed" ? "removed" : "after"].map((track) =>
      ({ parts: this.#parts(track, from_s, to_s), gain: gain[track], colour: colours[track] }));
    const most = Math.max(...["before", "after"].map((track) =>
      largest(this.whole.peaks.get(track, 0, this.media.duration_s)) * gain[track]));
    return { layers: heard === "before" ? layers.reverse() : layers, scale: most > 0 ? 0.96 / most : 1 };
  }

  spectrograms(heard) {
    const all = [{ pictures: this.whole.pictures, track: heard, origin_s: 0 }];
    const part = heard === "before" ? null : this.#part;
    return part ? [...all, { pictures: part.pictures, track: heard, origin_s: part.media.start_s }] : all;
  }

  /** @returns {import("./waveform.js").Part[]} */
  #parts(track, from_s, to_s) {
    const window = this.whole.peaks.get(track, from_s, to_s);
    const all = { window, from_s: 0, to_s: this.media.duration_s, origin_s: 0 };
    if (!this.#part || track === "before") return [all];
    const { media, peaks } = this.#part;
    const [start_s, end_s] = [media.start_s, media.start_s + media.duration_s];
    const [left, right] = [clamp(from_s, start_s, end_s) - start_s, clamp(to_s, start_s, end_s) - start_s];
    if (right <= left) return [all];
    return [all, { window: peaks.get(track, left, right), from_s: start_s, to_s: end_s, origin_s: start_s }];
  }

  #watched(one) {
    one.feed.addEventListener("trouble", () => this.dispatchEvent(new Event("trouble")));
    for (const part of [one.peaks, one.pictures]) {
      part.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    }
    return one;
  }
}

/** All that belongs to one set of files. @param {Media} media */
const opened = (media) => ({ media, feed: new Feed(media), peaks: new Peaks(media), pictures: new Spectrogram(media) });

const closed = (one) => {
  for (const part of one ? [one.feed, one.peaks, one.pictures] : []) part.close();
};

const start = (media) => Math.round(media.start_s * RATE);

const loudness = ({ tracks }) => ({ before: tracks.before.lufs, after: tracks.after.lufs });
