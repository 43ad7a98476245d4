// Files to the server, one request each, so that one that fails costs no other. XMLHttpRequest: fetch tells no per cent.

import { short, sizeWords } from "./names.js";
import { translated } from "./translated.js";
import { say } from "./words.js";

const STALLED_MS = 60_000;  // a connection that moves nothing for so long is lost, whatever the browser thinks
const OFFLINE_MS = 4_000;  // the same, if the browser says that it is offline: a server on this machine is there all the same
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);  // later it may be taken

/**
 * What went wrong, as a sentence.
 * kind : "lost" connection, "refused" by the server, "too_large", "empty", "unreadable", "stopped" by the visitor
 * again : whether the same may go well if it is tried again
 */
export class UploadError extends Error {
  constructor(kind, message, { suggestion = "", details = "", status = 0, again = false } = {}) {
    super(message);
    this.kind = kind;
    this.suggestion = suggestion;
    this.details = details;
    this.status = status;
    this.again = again;
  }
}

/**
 * Raises UploadError for what need not be sent to be refused.
 * @param {File} file @param {number} max_bytes @param {string} [language]
 */
export async function check(file, max_bytes, language = "en") {
  const name = short(file.name);
  if (file.size > max_bytes) {
    const values = { name, size: sizeWords(file.size, language), most: sizeWords(max_bytes, language) };
    throw new UploadError("too_large", say("intake.too_large", values), { suggestion: say("intake.too_large.do") });
  }
  if (!file.size) throw new UploadError("empty", say("intake.empty_file", { name }), { suggestion: say("intake.empty_file.do") });
  if (!(await readable(file))) {
    throw new UploadError("unreadable", say("intake.unreadable", { name }), { suggestion: say("intake.unreadable.do") });
  }
}

/** Not what was moved, changed or deleted since, or lies in a cloud without a connection. */
const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/**
 * Answers the file's path on the server.
 * @param {File} file
 * @param {{moved?: (bytes: number) => void, signal?: AbortSignal, stalled_ms?: number, url?: string}} [how]
 *   moved : told how many of the file's bytes are there
 * @returns {Promise<string>}
 */
export function send(file, { moved = () => {}, signal, stalled_ms = STALLED_MS, url = "gradio_api/upload" } = {}) {
  const form = new FormData();
  form.append("files", file, file.name || "recording");
  const request = new XMLHttpRequest();
  return new Promise((done, failed) => {
    let clock = 0, patience_ms = navigator.onLine ? stalled_ms : OFFLINE_MS;
    const fail = (fault) => { clearTimeout(clock); failed(fault); };
    const lost = () => fail(new UploadError("lost", say("intake.lost"), { suggestion: say("intake.lost.do"), again: true }));
    const watch = () => {
      clearTimeout(clock);
      clock = setTimeout(() => { request.abort(); lost(); }, patience_ms);
    };
    const hurry = () => { patience_ms = Math.min(stalled_ms, OFFLINE_MS); watch(); };
    const wait = () => { patience_ms = stalled_ms; };
    const stop = () => { request.abort(); fail(new UploadError("stopped", "")); };
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    addEventListener("offline", hurry);
    addEventListener("online", wait);
    request.addEventListener("loadend", () => {
      clearTimeout(clock);
      signal?.removeEventListener("abort", stop);
      removeEventListener("offline", hurry);
      removeEventListener("online", wait);
    });
    request.upload.addEventListener("progress", (event) => {
      watch();
      moved(event.total ? Math.min(1, event.loaded / event.total) * file.size : 0);
    });
    request.addEventListener("error", async () => {
      if (await readable(file)) return lost();
      fail(new UploadError("unreadable", say("intake.unreadable", { name: short(file.name) }), { suggestion: say("intake.unreadable.do") }));
    });
    request.addEventListener("load", () => {
      const path = request.status < 300 && pathIn(request.responseText);
      path ? done(path) : fail(refusal(request.status, request.responseText));
    });
    request.open("POST", new URL(url, document.baseURI));
    request.send(form);
    watch();
  });
}

const parsed = (text) => { try { return JSON.parse(text); } catch { return null; } };

const pathIn = (text) => {
  const path = parsed(text)?.[0];
  return typeof path === "string" ? path : null;
};

/**
 * The server's sentence, or one for the status where something in between answered.
 * @param {number} status @param {string} text
 */
export function refusal(status, text) {
  const found = parsed(text);
  const said = found?.error;
  const again = BUSY.has(status) || status < 300;
  if (typeof said === "string" && said) {
    const [message, suggestion, details] = [said, found.suggestion || "", found.details || ""].map(translated);
    return new UploadError("refused", message, { suggestion, details, status, again });
  }
  const key = status === 413 ? "intake.refused.large" : again ? "intake.refused.busy" : "intake.refused";
  return new UploadError("refused", say(key, { status }), { suggestion: say(`${key}.do`), status, again });
}
