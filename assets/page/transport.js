// Plays pieces of several tracks on one clock: to the sample in step, back to back, each at a gain of its own.

import { LEAD, Playing, RAMP_S } from "./playing.js";
import { cuts, first } from "./schedule.js";
import { clamp, RATE } from "./timeline.js";

const AHEAD = 8 * RATE;  // that much is scheduled: a page in the background is woken once a second
const AWAKE = ["visibilitychange", "pageshow", "focus", "pointerdown", "keydown"];  // the system gives the sound back
const TICK_MS = 100;
const REST_MS = 10_000;  // after which a paused player lets the device sleep
const DRY = 0.3 * RATE;  // of scheduled sound left: now it is waited for the rest

/**
 * A track, as `schedule.js` knows it, and where its pieces come from.
 * @typedef {import("./schedule.js").Voice & {name: string, track: string, feed: import("./feed.js").Feed}} Voice
 * @typedef {"paused" | "waiting" | "playing"} State
 */

/** Fires "state", "moved" (it jumped), "ended", and "asleep" when the system has stopped the sound. */
export class Transport extends EventTarget {
  /** @type {State} */
  state = "paused";
  total = 0;  // samples
  /** @type {Voice[]} */
  #voices = [];
  #gains = {};
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Map<string, GainNode>} */
  #mix = new Map();
  /** @type {Playing | null} */
  #playing = null;
  #position = 0;  // where it stands while it does not play
  /** @type {[number, number] | null} */
  #passage = null;
  #timer = 0;
  #rest = 0;

  /** @param {() => AudioContext} [make] called within the first press */
  constructor(make = makeContext) {
    super();
    this.make = make;
    this.wake = this.wake.bind(this);
    this.tick = this.tick.bind(this);
  }

  /** @param {Voice[]} voices @param {number} total */
  load(voices, total) {
    const kept = this.#playing ? this.position : this.#position;
    for (const voice of new Set(this.#voices.map(({ feed }) => feed))) voice.removeEventListener("piece", this.tick);
    for (const feed of new Set(voices.map((voice) => voice.feed))) feed.addEventListener("piece", this.tick);
    this.#voices = voices;
    this.total = total;
    this.#position = clamp(kept, 0, total);
    if (this.state === "playing") this.#restart(null);
    this.tick();
  }

  /** Which sample is heard now. */
  get position() {
    if (!this.#playing) return this.#position;
    const late = Math.round((this.#context.outputLatency || 0) * RATE);
    return this.#playing.positionAt(this.#now() - late);
  }

  get passage() {
    return this.#passage;
  }

  /** @param {[number, number] | null} passage in samples */
  set passage(passage) {
    this.#passage = passage;
    const outside = passage && (this.position < passage[0] || this.position >= passage[1]);
    if (outside) this.seek(passage[0]);
    else if (this.state === "playing") this.#restart(null);
    this.tick();
  }

  /** Whether its clock runs. */
  get running() {
    return this.#context?.state === "running";
  }

  /** Linear gains by the voices' names; those without one are silent. @param {Record<string, number>} gains */
  set gains(gains) {
    this.#gains = gains;
    for (const [name, node] of this.#mix) {
      // From wherever it is now, without a step; a third of the time, after which 95 % are done.
      node.gain.setTargetAtTime(gains[name] ?? 0, this.#context.currentTime, RAMP_S / 3);
    }
    this.tick();
  }

  /** To be called within a press: no browser lets a page sound before one. */
  play() {
    if (this.state !== "paused") return;
    if (!this.#context) this.#open();
    if (this.#position >= this.total) this.#position = this.#passage?.[0] ?? 0;
    this.#become("waiting");
    this.wake();
    this.tick();
  }

  pause() {
    if (this.state === "paused") return;
    this.#stop();
    this.#become("paused");
  }

  /** @param {number} sample */
  seek(sample) {
    const to = clamp(Math.round(sample), 0, this.total);
    if (this.#playing && this.#has(to)) this.#restart(to);
    else {
      if (this.#playing) this.#stop();
      this.#position = to;
      if (this.state === "playing") this.#become("waiting");
    }
    this.dispatchEvent(new Event("moved"));
    this.tick();
  }

  close() {
    this.pause();
    clearTimeout(this.#rest);
    this.load([], 0);
    for (const name of AWAKE) removeEventListener(name, this.wake, true);
    this.#context?.close?.().catch(() => {});
    this.#context = null;
    this.#mix.clear();
  }

  /** Begins what can begin, schedules what is there, asks for what is not, notices the end. */
  tick() {
    if (this.state === "waiting" && this.#has(this.#position)) this.#start(this.#position);
    if (this.#playing) {
      this.#playing.extend(this.#now() + AHEAD, this.#passage, this.total);
      this.#schedule();
      if (this.#playing.endsBefore(this.#now())) this.#end();
      else if (this.#isDry()) {
        this.#stop();
        this.#become("waiting");
      }
    }
    this.#ask();
  }

  /** After a call or a slept phone the context has stopped, and with it its clock: nothing is lost. */
  wake() {
    const context = this.#context;
    if (this.state === "paused" || !context || context.state === "running") return;
    context.resume().catch(() => this.dispatchEvent(new Event("asleep")));
  }

  // ---- within -------------------------------------------------------------------------------------------------

  #open() {
    this.#context = this.make();
    this.#context.addEventListener?.("statechange", () => {
      if (this.state !== "paused" && this.#context?.state !== "running") this.dispatchEvent(new Event("asleep"));
    });
    for (const name of AWAKE) addEventListener(name, this.wake, true);
  }

  #now() {
    return Math.ceil(this.#context.currentTime * RATE - 1e-6);
  }

  /** @param {State} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    clearInterval(this.#timer);
    clearTimeout(this.#rest);
    if (state !== "paused") this.#timer = setInterval(this.tick, TICK_MS);
    else this.#rest = setTimeout(() => this.#context?.suspend?.().catch(() => {}), REST_MS);
    this.dispatchEvent(new Event("state"));
  }

  /** @param {Voice} voice */
  #isHeard(voice) {
    return (this.#gains[voice.name] ?? 0) > 0;
  }

  /** Whether what is heard is there from here on, for as long as the next piece may take. */
  #has(sample) {
    const run = first(0, sample, this.#passage, this.total);
    const heard = this.#voices.filter((voice) => this.#isHeard(voice));
    return heard.every((voice) => cuts(run, voice, 0, 2 * DRY).every((cut) => voice.feed.get(voice.track, cut.piece)));
  }

  #start(sample) {
    this.#playing = new Playing(this.#context, first(this.#now() + LEAD, sample, this.#passage, this.total));
    for (const voice of this.#voices) this.#mixNode(voice.name);
    this.#become("playing");
  }

  #mixNode(name) {
    if (!this.#mix.has(name)) {
      const node = this.#context.createGain();
      node.gain.value = this.#gains[name] ?? 0;
      node.connect(this.#context.destination);
      this.#mix.set(name, node);
    }
    return this.#mix.get(name);
  }

  /** Play on from a sample, or from where it is, what is scheduled anew; the old fades out while the new fades in. */
  #restart(sample) {
    const frame = this.#now() + LEAD;
    const from = sample ?? this.#playing.positionAt(frame);
    this.#playing.stop(frame);
    if (from >= this.total) return this.#end();
    if (this.#has(from)) {
      this.#playing = new Playing(this.#context, first(frame, from, this.#passage, this.total));
      for (const voice of this.#voices) this.#mixNode(voice.name);
      return;
    }
    this.#playing = null;
    this.#position = from;
    this.#become("waiting");
  }

  #stop() {
    if (!this.#playing) return;
    const now = this.#now();
    this.#position = this.#playing.positionAt(now);
    this.#playing.stop(now);
    this.#playing = null;
  }

  #end() {
    this.#playing.stop(this.#now());
    this.#playing = null;
    this.#position = this.total;
    this.#become("paused");
    this.dispatchEvent(new Event("ended"));
  }

  #schedule() {
    for (const { voice, cut } of this.#upcoming()) {
      const buffer = voice.feed.get(voice.track, cut.piece);
      if (buffer) this.#playing.sound(voice.name, this.#mixNode(voice.name), buffer, cut, this.#now());
    }
  }

  /** What is to sound from now on, the earliest first; of the same moment, what is heard first. */
  #upcoming() {
    const now = this.#now();
    const found = [];
    for (const voice of this.#voices) {
      for (const run of this.#playing.runs) {
        for (const cut of cuts(run, voice, now, now + AHEAD)) found.push({ voice, cut });
      }
    }
    const silent = ({ voice }) => (this.#isHeard(voice) ? 0 : 1);
    return found.sort((a, b) => a.cut.frame - b.cut.frame || silent(a) - silent(b));
  }

  /** Whether the sound that is heard will soon be at the end of what is there. */
  #isDry() {
    const soon = this.#now() + DRY;
    return this.#upcoming().some(({ voice, cut }) =>
      this.#isHeard(voice) && cut.frame < soon && !this.#playing.has(voice.name, cut.frame));
  }

  /** Tell the feeds what comes next. */
  #ask() {
    if (!this.#playing) {  // what a press would need at once
      const run = first(0, this.#position, this.#passage, this.total);
      const near = (voice) => cuts(run, voice, 0, 2 * RATE).map((cut) => ({ voice, cut }));
      const heard = this.#voices.filter((voice) => this.#isHeard(voice));
      const others = this.#voices.filter((voice) => !this.#isHeard(voice));
      this.#tell([...heard, ...others].flatMap(near));
    } else this.#tell(this.#upcoming());
  }

  #tell(wanted) {
    for (const feed of new Set(this.#voices.map((voice) => voice.feed))) {
      const its = wanted.filter(({ voice }) => voice.feed === feed);
      feed.want(its.map(({ voice, cut }) => ({ track: voice.track, piece: cut.piece })));
    }
  }
}

function makeContext() {
  // Speech, not an effect of a game: an iPhone's mute switch does not silence it.
  const session = /** @type {any} */ (navigator).audioSession;
  if (session) session.type = "playback";
  return new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
}
