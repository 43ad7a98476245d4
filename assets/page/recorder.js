// The microphone into a file: permission, level, time, limit. Nothing of the page; `intake.js` shows it.

import { Meter } from "./levels.js";
import { recordingName } from "./names.js";
import { say } from "./words.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
const BITS_PER_S = 160_000;  // nothing is to be lost before the work begins
const CHUNK_MS = 1000;
const LOOK_MS = 50;

/**
 * Why there is no microphone, and what to do.
 * kind : "insecure", "refused", "system" (refused by it), "none", "busy", "failed"
 */
export class MicrophoneError extends Error {
  constructor(kind) {
    super(say(`intake.microphone.${kind}`));
    this.kind = kind;
    this.suggestion = say(`intake.microphone.${kind}.do`);
  }
}

/** @param {DOMException} fault @returns {string} */
function kindOf(fault) {
  if (/system/i.test(fault.message)) return "system";
  return { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", NotReadableError: "busy" }[fault.name] ?? "failed";
}

/** What the browser is asked for: by itself it makes sound for calls: gated, levelled, narrow. @param {boolean} cleaned */
export const wishes = (cleaned) => ({ noiseSuppression: cleaned, echoCancellation: false, autoGainControl: false });

export const bestType = () => TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";

/**
 * One recording. Events: "tick" (level, time), "state", "end" (stopped, by itself too: at the limit, or the microphone
 * is gone; `cause` says so).
 */
export class Recorder extends EventTarget {
  /** @type {"asking" | "recording" | "paused" | "ended"} */
  state = "asking";
  /** @type {"" | "limit" | "gone"} */
  cause = "";
  meter = new Meter();
  /** @type {File | null} after "end"; empty where nothing came */ file = null;
  at = new Date();
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {MediaRecorder | null} */ #recorder = null;
  /** @type {AudioContext | null} */ #context = null;
  #chunks = /** @type {Blob[]} */ ([]);
  #bytes = 0;
  #ended = false;
  #unwanted = false;
  #clock = 0;
  #before_ms = 0;  // of the stretches before the last pause
  #since_ms = 0;
  #lock = null;
  #awake = () => this.#stayAwake();

  /** @param {{max_s?: number, max_bytes?: number, cleaned?: boolean}} [how] */
  constructor({ max_s = Infinity, max_bytes = Infinity, cleaned = false } = {}) {
    super();
    this.cleaned = cleaned;
    this.max_bytes = max_bytes;
    this.max_s = Math.min(max_s, Math.floor((max_bytes * 8 * 0.9) / BITS_PER_S));
  }

  get elapsed_s() {
    return (this.#before_ms + (this.state === "recording" ? performance.now() - this.#since_ms : 0)) / 1000;
  }

  get left_s() {
    return Math.max(0, this.max_s - this.elapsed_s);
  }

  /** Asks for the microphone and begins. To be called within a press. Raises MicrophoneError. */
  async start() {
    if (!globalThis.isSecureContext || !navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
      throw new MicrophoneError(globalThis.isSecureContext ? "failed" : "insecure");
    }
    this.#context = new AudioContext();  // before the wait: later it is no press any more
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: wishes(this.cleaned) });
      this.#stream = stream;
      if (this.#ended) return this.#release();  // given up while the browser asked
      this.#listen(stream);
      this.#begin(stream);
    } catch (fault) {
      this.#release();
      if (!this.#ended) throw new MicrophoneError(kindOf(/** @type {DOMException} */ (fault)));
    }
  }

  #listen(stream) {
    const analyser = new AnalyserNode(this.#context, { fftSize: 4096 });  // more than LOOK_MS at 48 kHz
    this.#context.createMediaStreamSource(stream).connect(analyser);
    this.#context.resume();
    const samples = new Float32Array(analyser.fftSize);
    const begun_ms = performance.now();
    this.#clock = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.meter.take(samples, (performance.now() - begun_ms) / 1000);
      this.#look();
    }, LOOK_MS);
    stream.getAudioTracks()[0].addEventListener("ended", () => this.#end("gone"));
  }

  #begin(stream) {
    const type = bestType();
    const recorder = new MediaRecorder(stream, { audioBitsPerSecond: BITS_PER_S, ...(type && { mimeType: type }) });
    recorder.addEventListener("dataavailable", (event) => {
      if (event.data.size) this.#chunks.push(event.data);
      this.#bytes += event.data.size;
      this.#look();  // a tab behind others has slow clocks, but gets its data
    });
    recorder.addEventListener("error", () => this.#end("gone"));
    recorder.addEventListener("stop", () => {  // after the last chunk, and by itself when the microphone is gone
      this.#end("gone");
      this.#finish();
    });
    this.#recorder = recorder;
    recorder.start(CHUNK_MS);
    this.at = new Date();
    this.#go("recording");
    document.addEventListener("visibilitychange", this.#awake);
    this.#stayAwake();
  }

  /** A phone that sleeps records nothing. */
  async #stayAwake() {
    if (document.hidden || this.state !== "recording") return;
    const lock = await navigator.wakeLock?.request("screen").catch(() => null);
    if (this.#ended) lock?.release();
    else this.#lock = lock;
  }

  #look() {
    if (this.#ended) return;
    if (this.state === "recording" && (this.left_s <= 0 || this.#bytes > this.max_bytes * 0.97)) this.#end("limit");
    this.dispatchEvent(new Event("tick"));
  }

  #go(state) {
    if (this.state === "recording") this.#before_ms += performance.now() - this.#since_ms;
    this.state = state;
    this.#since_ms = performance.now();
    this.dispatchEvent(new Event("state"));
  }

  pause() {
    if (this.state !== "recording") return;
    this.#recorder.pause();
    this.#go("paused");
  }

  resume() {
    if (this.state !== "paused") return;
    this.#recorder.resume();
    this.#go("recording");
  }

  /**
   * The browser's own cleaning on or off. Answers whether it counts from now; else it does from the next recording on.
   * @param {boolean} cleaned
   */
  async clean(cleaned) {
    this.cleaned = cleaned;
    const track = this.#stream?.getAudioTracks()[0];
    if (!track) return false;
    await track.applyConstraints(wishes(cleaned)).catch(() => {});
    return track.getSettings().noiseSuppression === cleaned;
  }

  /** What was recorded, after "end". */
  stop() {
    this.#end("");
  }

  /** Nothing is kept, no event comes. */
  cancel() {
    this.#unwanted = true;
    this.#end("");
    this.#ended = true;
    this.#release();
  }

  #end(cause) {
    if (this.#ended || !this.#recorder) return;
    this.#ended = true;
    this.cause = cause;
    this.#go("ended");
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    this.#release();
  }

  #finish() {
    if (this.#unwanted) return;
    const type = this.#recorder.mimeType || this.#chunks[0]?.type || "audio/webm";
    const name = recordingName(this.at, type, say("intake.recording.word"));
    this.file = new File(this.#chunks, name, { type: type.split(";")[0], lastModified: this.at.getTime() });
    this.#chunks = [];
    this.dispatchEvent(new Event("end"));
  }

  #release() {
    clearInterval(this.#clock);
    document.removeEventListener("visibilitychange", this.#awake);
    this.#lock?.release();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#context?.close().catch(() => {});
    this.#context = null;
  }
}
