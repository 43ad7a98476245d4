// The picture over time: waveform or spectrogram, axes, playhead, passage. It is drawn anew only when something changed.

import { coloursOf, watchTheme } from "./colours.js";
import { listen } from "./gestures.js";
import { LABELLED_HZ, rowOf } from "./spectrum.js";
import { clamp, clock, following, isWhole, moved, passage, ticks, toPixels, toSeconds, whole, zoomed } from "./timeline.js";
import { drawWaveform } from "./waveform.js";
import { say } from "./words.js";

const AXIS_PX = 22;

/**
 * What there is to draw; asked for at every drawing.
 * @typedef {{
 *   layers: (colours: ReturnType<typeof coloursOf>, from_s: number, to_s: number) =>
 *     {layers: import("./waveform.js").Layer[], scale: number},
 *   spectrograms: () => {pictures: import("./spectrogram.js").Spectrogram, track: string, origin_s: number}[],
 *   hz: () => {min_hz: number, max_hz: number} | null,
 * }} Pictures
 */

/** Fires "seek" {s}, "passage" {passage, done}, "view". */
export class Stage extends EventTarget {
  /** @type {"waveform" | "spectrogram"} */
  #kind = "waveform";
  #view = whole(1);
  #position_s = 0;
  /** @type {import("./timeline.js").Passage | null} */
  #passage = null;
  #asked = 0;
  #ending = new AbortController();

  /** @param {HTMLElement} area with canvas, .sp-head and .sp-passage @param {HTMLElement} scroll @param {Pictures} pictures */
  constructor(area, scroll, pictures) {
    super();
    this.area = area;
    this.scroll = scroll;
    this.pictures = pictures;
    this.canvas = area.querySelector("canvas");
    this.head = /** @type {HTMLElement} */ (area.querySelector(".sp-head"));
    this.band = /** @type {HTMLElement} */ (area.querySelector(".sp-passage"));
    const { signal } = this.#ending;
    this.colours = coloursOf(area);
    watchTheme(() => { this.colours = coloursOf(area); this.redraw(); }, signal);
    const resized = new ResizeObserver(() => this.redraw());
    resized.observe(area);
    signal.addEventListener("abort", () => resized.disconnect());
    listen(area, this.#gestures(), signal);
    this.#scrolled(signal);
  }

  get width_px() {
    return this.area.clientWidth || 1;
  }

  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view;
    this.redraw();
    this.dispatchEvent(new Event("view"));
  }

  set kind(kind) {
    this.#kind = kind;
    this.redraw();
  }

  set passage(found) {
    this.#passage = found;
    this.#place();
  }

  /** Another recording: all of it is shown. */
  show(duration_s) {
    this.#position_s = 0;
    this.view = whole(Math.max(duration_s, 0.01));
  }

  /** The playhead. @param {number} s @param {boolean} playing */
  at(s, playing) {
    const view = playing ? following(this.#view, this.#position_s, s) : this.#view;
    this.#position_s = s;
    if (view !== this.#view) this.view = view;
    this.#place();
  }

  /** @param {number} factor @param {number} [around_s] default the playhead, if it is to be seen */
  zoom(factor, around_s) {
    const { start_s, span_s } = this.#view;
    const middle = clamp(this.#position_s, start_s, start_s + span_s) === this.#position_s;
    this.view = zoomed(this.#view, factor, around_s ?? (middle ? this.#position_s : start_s + span_s / 2));
  }

  /** Show a moment that is out of view. */
  reveal(s) {
    const { start_s, span_s } = this.#view;
    if (s < start_s || s > start_s + span_s) this.view = moved(this.#view, s - span_s / 2);
  }

  redraw() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#draw();
      this.#place();
    });
  }

  close() {
    this.#ending.abort();
    cancelAnimationFrame(this.#asked);
  }

  #gestures() {
    const seconds = (px) => toSeconds(this.#view, px, this.width_px);
    const pixels = (s) => toPixels(this.#view, s, this.width_px);
    const tell = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
    return {
      edges: () => (this.#passage ? [pixels(this.#passage.start_s), pixels(this.#passage.end_s)] : []),
      seek: (px) => tell("seek", { s: seconds(px) }),
      select: (one, other, done) =>
        tell("passage", { passage: passage(seconds(one), seconds(other), this.#view.duration_s), done }),
      zoom: (factor, px) => this.zoom(factor, seconds(px)),
      pan: (px) => {
        if (isWhole(this.#view)) return false;
        this.view = moved(this.#view, this.#view.start_s + (px / this.width_px) * this.#view.span_s);
        return true;
      },
    };
  }

  /** The bar below that shows which part is seen: dragged, or pressed beside its thumb. */
  #scrolled(signal) {
    let from = null;
    const s = (event) => {
      const { left, width } = this.scroll.getBoundingClientRect();
      return ((event.clientX - left) / width) * this.#view.duration_s;
    };
    this.scroll.addEventListener("pointerdown", (event) => {
      this.scroll.setPointerCapture(event.pointerId);
      const inside = s(event) - this.#view.start_s;
      from = inside >= 0 && inside <= this.#view.span_s ? inside : this.#view.span_s / 2;
      this.view = moved(this.#view, s(event) - from);
    }, { signal });
    this.scroll.addEventListener("pointermove", (event) => {
      if (from !== null) this.view = moved(this.#view, s(event) - from);
    }, { signal });
    for (const name of ["pointerup", "pointercancel"]) this.scroll.addEventListener(name, () => { from = null; }, { signal });
  }

  /** Playhead, passage and thumb: moved, not drawn. */
  #place() {
    const width = this.width_px, px = (s) => toPixels(this.#view, s, width);
    const at = px(this.#position_s);
    this.head.style.transform = `translateX(${at.toFixed(1)}px)`;
    this.head.style.visibility = at < -1 || at > width + 1 ? "hidden" : "";
    this.band.hidden = !this.#passage;
    if (this.#passage) {
      const left = clamp(px(this.#passage.start_s), -9, width + 9), right = clamp(px(this.#passage.end_s), -9, width + 9);
      Object.assign(this.band.style, { left: `${left}px`, width: `${right - left}px` });
    }
    const { start_s, span_s, duration_s } = this.#view;
    this.scroll.style.visibility = isWhole(this.#view) ? "hidden" : "";
    const thumb = /** @type {HTMLElement} */ (this.scroll.firstElementChild);
    Object.assign(thumb.style, { left: `${(100 * start_s) / duration_s}%`, width: `${(100 * span_s) / duration_s}%` });
  }

  #draw() {
    const ratio = devicePixelRatio || 1;
    const width = Math.round(this.width_px * ratio), height = Math.round(this.area.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const to = this.canvas.getContext("2d");
    const size = { width, height: height - Math.round(AXIS_PX * ratio) };
    to.clearRect(0, 0, width, height);
    if (this.#kind === "waveform") {
      const { start_s, span_s } = this.#view;
      const { layers, scale } = this.pictures.layers(this.colours, start_s, start_s + span_s);
      drawWaveform(to, size, this.#view, layers, scale);
    } else this.#drawSpectrogram(to, size, ratio);
    this.#drawAxis(to, size, ratio);
  }

  #drawSpectrogram(to, size, ratio) {
    to.save();
    to.beginPath();
    to.rect(0, 0, size.width, size.height);
    to.clip();
    to.fillStyle = this.colours.ground;  // where the server has not answered yet
    to.fillRect(0, 0, size.width, size.height);
    for (const { pictures, track, origin_s } of this.pictures.spectrograms()) {
      pictures.colours = this.colours.heat;
      pictures.draw(to, size, this.#view, track, origin_s);
    }
    to.restore();
    const scale = this.pictures.hz();
    if (!scale) return;
    to.font = `${11 * ratio}px ${this.colours.font}`;
    to.textBaseline = "middle";
    to.textAlign = "left";
    let last = Infinity;
    for (const hz of LABELLED_HZ.filter((one) => one > scale.min_hz && one < scale.max_hz)) {
      const y = rowOf(hz, scale) * size.height;
      if (y < 8 * ratio || y > size.height - 8 * ratio || last - y < 17 * ratio) continue;
      last = y;
      const text = hz < 1000 ? say("player.hz", { n: hz }) : say("player.khz", { n: hz / 1000 });
      to.globalAlpha = 0.78;
      to.fillStyle = this.colours.paper;
      to.fillRect(4 * ratio, y - 7.5 * ratio, to.measureText(text).width + 8 * ratio, 15 * ratio);
      to.globalAlpha = 1;
      to.fillStyle = this.colours.ink;
      to.fillText(text, 8 * ratio, y);
    }
  }

  #drawAxis(to, { width, height }, ratio) {
    to.font = `${11.5 * ratio}px ${this.colours.font}`;
    to.textBaseline = "alphabetic";
    const fine = this.#view.span_s < 5, short = this.#view.duration_s < 60;
    for (const { s, px } of ticks(this.#view, this.width_px)) {
      const x = Math.round(px * ratio);
      to.fillStyle = this.colours.line;
      to.fillRect(x, height, Math.max(1, ratio), 5 * ratio);
      const text = short ? say("player.seconds", { n: Number(s.toFixed(1)) }) : clock(s, fine);
      const half = to.measureText(text).width / 2;
      to.textAlign = "left";
      to.fillStyle = this.colours.ink;
      to.fillText(text, clamp(x - half, 0, width - 2 * half), height + 18 * ratio);
    }
  }
}
