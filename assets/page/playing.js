// Sources on the context's clock: from a press or a jump to the next, each piece behind the one before it.

import { next, positionAt } from "./schedule.js";
import { RATE } from "./timeline.js";

export const RAMP_S = 0.008;
const RAMP = RAMP_S * RATE;  // samples
export const LEAD = 0.05 * RATE;  // between a decision and its sound: no less than a browser's longest block

/** One unbroken stretch of playing, from a press or a jump to the next. */
export class Playing {
  /** @type {Map<string, {source: AudioBufferSourceNode, end: number}>} by voice and frame */
  #sounding = new Map();
  /** @type {Map<string, GainNode>} by voice: fades all of it out at its end */
  #outs = new Map();

  /** @param {BaseAudioContext} context @param {import("./schedule.js").Run} run */
  constructor(context, run) {
    this.context = context;
    this.runs = [run];
    this.begin = run.frame;
  }

  /** Runs up to a frame of the context; those that are over are forgotten. */
  extend(to_frame, passage, total) {
    for (;;) {
      const last = this.runs.at(-1);
      if (last.frame + last.count >= to_frame) break;
      const more = next(last, passage, total);
      if (!more) break;
      this.runs.push(more);
    }
    const now = Math.ceil(this.context.currentTime * RATE);
    while (this.runs.length > 1 && this.runs[1].frame < now - RATE) this.runs.shift();
  }

  positionAt(frame) {
    return positionAt(this.runs, frame);
  }

  endsBefore(frame) {
    const last = this.runs.at(-1);
    return frame >= last.frame + last.count;
  }

  has(name, frame) {
    return this.#sounding.has(`${name} ${frame}`);
  }

  /** Schedule a cut once. One that comes late joins in where the others are. */
  sound(name, mix, buffer, cut, now) {
    const key = `${name} ${cut.frame}`;
    if (this.#sounding.has(key)) return;
    const missed = Math.max(0, now + LEAD / 2 - cut.frame);
    if (cut.frame < now && missed >= cut.count) return;
    const late = cut.frame < now ? missed : 0;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    const end = cut.frame + cut.count;
    const out = this.#out(name, mix);
    source.connect(this.#faded(cut.in || late > 0, cut.out, cut.frame + late, end, out));
    const [offset, count] = [cut.offset + late, cut.count - late];
    // The length is given only where less than the piece is played: a whole one ends at its last sample by itself.
    if (offset + count === buffer.length) source.start((cut.frame + late) / RATE, offset / RATE);
    else source.start((cut.frame + late) / RATE, offset / RATE, count / RATE);
    source.onended = () => source.disconnect();
    this.#sounding.set(key, { source, end });
    for (const [old, { end: over }] of this.#sounding) if (over < now - RATE) this.#sounding.delete(old);
  }

  /** Fade out from a frame on, and be silent; what has not begun by then never does. */
  stop(frame) {
    const at = frame / RATE;
    if (frame <= this.begin) for (const node of this.#outs.values()) node.disconnect();
    for (const { gain } of this.#outs.values()) {
      gain.setValueAtTime(1, at);
      gain.linearRampToValueAtTime(0, at + RAMP_S);
    }
    for (const { source } of this.#sounding.values()) source.stop(at + RAMP_S);
    this.#sounding.clear();
  }

  #out(name, mix) {
    if (!this.#outs.has(name)) {
      const node = this.context.createGain();
      node.connect(mix);
      this.#outs.set(name, node);
    }
    return this.#outs.get(name);
  }

  #faded(fades_in, fades_out, from, end, out) {
    if (!fades_in && !fades_out) return out;
    const node = this.context.createGain();
    const ramp = Math.min(RAMP, (end - from) / 2);
    if (fades_in) {
      node.gain.value = 0;  // in floating-point seconds the source may begin a sample before the ramp
      node.gain.setValueAtTime(0, from / RATE);
      node.gain.linearRampToValueAtTime(1, (from + ramp) / RATE);
    }
    if (fades_out) {
      node.gain.setValueAtTime(1, (end - ramp) / RATE);
      node.gain.linearRampToValueAtTime(0, end / RATE);
    }
    node.connect(out);
    return node;
  }
}
