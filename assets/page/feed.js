// The sound of one recording's tracks, a piece at a time: fetched, decoded, kept while it is near the playhead.

import { bytesOf, Trouble } from "./ranges.js";
import { placeOf, RATE } from "./timeline.js";

const AT_ONCE = 3;  // requests: one per track
const KEPT = 4;  // pieces beyond those that are wanted: a step back needs no request

/** @typedef {{track: string, piece: number}} Wish */

/** Needs no gesture, unlike a context that sounds. Everything comes out at 48 kHz. */
export function decoded(bytes) {
  const context = new OfflineAudioContext(1, 1, RATE);
  return new Promise((resolve, reject) => { context.decodeAudioData(bytes, resolve, reject); });
}

/** Fires "piece" (one is there), and "trouble" when `trouble` changes. */
export class Feed extends EventTarget {
  /** @type {null | "lost" | "gone" | "damaged"} */
  trouble = null;
  /** @type {Map<string, AudioBuffer>} the longest unused first */
  #pieces = new Map();
  /** @type {Map<string, AbortController>} */
  #under_way = new Map();
  /** @type {Wish[]} */
  #wishes = [];
  /** Not asked for again before `retry`. @type {Set<string>} */
  #failed = new Set();
  #closed = false;

  /** @param {import("./timeline.js").Media} media @param {typeof decoded} [decode] */
  constructor(media, decode = decoded) {
    super();
    this.media = media;
    this.decode = decode;
  }

  /** @returns {AudioBuffer | null} */
  get(track, piece) {
    return this.#pieces.get(`${track} ${piece}`) ?? null;
  }

  /** Pieces and their bytes now in memory. */
  get held() {
    let bytes = 0;
    for (const one of this.#pieces.values()) bytes += 4 * one.length * one.numberOfChannels;
    return { pieces: this.#pieces.size, bytes };
  }

  /**
   * The pieces that will be needed, the most urgent first. Others are let go, and no longer waited for.
   * @param {Wish[]} wishes
   */
  want(wishes) {
    this.#wishes = wishes;
    const names = new Set(wishes.map(({ track, piece }) => `${track} ${piece}`));
    for (const [name, controller] of this.#under_way) if (!names.has(name)) controller.abort();
    for (const name of names) {  // used now: let go last
      const buffer = this.#pieces.get(name);
      if (buffer) this.#pieces.delete(name), this.#pieces.set(name, buffer);
    }
    this.#letGo(names);
    this.#ask();
  }

  /** Ask once more for what did not come. */
  retry() {
    this.#failed.clear();
    this.#say(null);
    this.#ask();
  }

  close() {
    this.#closed = true;
    for (const controller of this.#under_way.values()) controller.abort();
    this.#pieces.clear();
  }

  #letGo(names) {
    let surplus = this.#pieces.size - names.size - KEPT;
    for (const name of this.#pieces.keys()) {
      if (surplus <= 0) return;
      if (!names.has(name)) this.#pieces.delete(name), surplus--;
    }
  }

  #ask() {
    for (const { track, piece } of this.#wishes) {
      const name = `${track} ${piece}`;
      if (this.#closed || this.#under_way.size >= AT_ONCE) return;
      if (this.#pieces.has(name) || this.#under_way.has(name) || this.#failed.has(name)) continue;
      this.#fetch(name, track, piece);
    }
  }

  async #fetch(name, track, piece) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#under_way.set(name, controller);
    try {
      const buffer = await this.#piece(track, piece, signal);
      if (signal.aborted) return;
      this.#pieces.set(name, buffer);
      this.#say(null);
      this.dispatchEvent(new CustomEvent("piece", { detail: { track, piece } }));
    } catch (error) {
      if (signal.aborted) return;
      this.#failed.add(name);
      this.#say(error.kind ?? "damaged");
    } finally {
      if (this.#under_way.get(name) === controller) this.#under_way.delete(name);
      this.#ask();
    }
  }

  async #piece(track, piece, signal) {
    const { url, bytes } = this.media.tracks[track];
    const place = placeOf(this.media, bytes, piece);
    const onTrouble = ({ kind }) => this.#say(kind);
    const data = await bytesOf(url, { signal, first: place.first, last: place.last, onTrouble });
    const whole = await this.decode(data).catch((error) => { throw new Trouble("damaged", String(error)); });
    return cut(whole, place.skip, place.samples);
  }

  #say(trouble) {
    if (this.trouble === trouble || this.#closed) return;
    this.trouble = trouble;
    this.dispatchEvent(new Event("trouble"));
  }
}

/** A copy of a part, silent where the whole has ended. @param {AudioBuffer} whole */
function cut(whole, start, length) {
  const part = new AudioBuffer({ length, numberOfChannels: whole.numberOfChannels, sampleRate: whole.sampleRate });
  for (let channel = 0; channel < whole.numberOfChannels; channel++) {
    part.copyToChannel(whole.getChannelData(channel).subarray(start, start + length), channel);
  }
  return part;
}
