// Spectrograms out of grey tiles, coloured here, so that both themes share them.

import { bytesOf } from "./ranges.js";
import { levelFor, palette } from "./spectrum.js";

const KEPT = 24;  // tiles, of 330 KB each

/** Fires "change" when more is known. */
export class Spectrogram extends EventTarget {
  /** @type {Map<string, HTMLCanvasElement | null>} null: on its way; the longest unused first */
  #tiles = new Map();
  #ending = new AbortController();
  #stops = "";
  /** @type {Uint8ClampedArray} */
  #colours;

  /** @param {import("./timeline.js").Media} media */
  constructor(media) {
    super();
    this.media = media;
  }

  /** @param {[number, number, number][]} stops the quietest first; other colours make all tiles anew */
  set colours(stops) {
    if (String(stops) === this.#stops) return;
    this.#stops = String(stops);
    this.#colours = palette(stops);
    for (const [name, tile] of this.#tiles) if (tile) this.#tiles.delete(name);
  }

  /**
   * @param {CanvasRenderingContext2D} to @param {{width: number, height: number}} size in device pixels
   * @param {import("./timeline.js").View} view @param {string} track
   * @param {number} offset_s where in the recording the tiles begin
   */
  draw(to, { width, height }, view, track, offset_s = 0) {
    const { levels, tile_px } = this.media.spectrogram;
    const fine = levelFor(levels, view.span_s / width), all = levelFor(levels, view.duration_s / width);
    to.imageSmoothingEnabled = true;
    to.imageSmoothingQuality = "high";
    for (let level = levels.length - 1; level >= fine; level--) {  // the coarse ones are there until the fine ones come
      const each_s = levels[level] * tile_px, per_s = width / view.span_s;
      const start_s = Math.max(0, view.start_s - offset_s);
      const stop_s = Math.min(this.media.duration_s, view.start_s + view.span_s - offset_s);
      for (let index = Math.floor(start_s / each_s); index * each_s < stop_s; index++) {
        const tile = this.#tile(track, level, index, level === fine || level === all);
        if (!tile) continue;
        const left = (index * each_s + offset_s - view.start_s) * per_s;
        to.drawImage(tile, left, 0, tile.width * levels[level] * per_s, height);
      }
    }
  }

  close() {
    this.#ending.abort();
    this.#tiles.clear();
  }

  #tile(track, level, index, wanted) {
    const name = `${track}/${level}/${index}`;
    const tile = this.#tiles.get(name) ?? null;
    if (tile) this.#tiles.delete(name), this.#tiles.set(name, tile);
    else if (wanted && !this.#tiles.has(name)) this.#fetch(name);
    return tile;
  }

  async #fetch(name) {
    this.#tiles.set(name, null);
    try {
      const data = await bytesOf(`${this.media.spectrogram.url}/${name}.png`, { signal: this.#ending.signal });
      const grey = await createImageBitmap(new Blob([data], { type: "image/png" }), { colorSpaceConversion: "none" });
      this.#tiles.delete(name);
      this.#tiles.set(name, this.#coloured(grey));
      for (const old of this.#tiles.keys()) {
        if (this.#tiles.size <= KEPT) break;
        if (this.#tiles.get(old)) this.#tiles.delete(old);
      }
      this.dispatchEvent(new Event("change"));
    } catch {
      // Given up: it stays a gap. The player says that the recording is gone.
    }
  }

  /** @param {ImageBitmap} grey */
  #coloured(grey) {
    const tile = Object.assign(document.createElement("canvas"), { width: grey.width, height: grey.height });
    const to = tile.getContext("2d", { willReadFrequently: true });
    to.drawImage(grey, 0, 0);
    grey.close();
    const picture = to.getImageData(0, 0, tile.width, tile.height);
    const words = new Uint32Array(picture.data.buffer), colours = new Uint32Array(this.#colours.buffer);
    for (let k = 0; k < words.length; k++) words[k] = colours[picture.data[4 * k]];
    to.putImageData(picture, 0, 0);
    return tile;
  }
}
