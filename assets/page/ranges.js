// Bytes from the server, asked for again until they come: a connection that is lost is said, and waited for.

const FIRST_WAIT_S = 0.5, LONGEST_WAIT_S = 10, PATIENCE_S = 30;

/** What a request ended in. kind : "lost" (asked for again), "gone" (it will not come back), "damaged". */
export class Trouble extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Bytes `first` to `last` of a file, or all of it. Ends only with them, or with `signal`, or as "gone".
 * @param {string} url
 * @param {{signal?: AbortSignal, first?: number, last?: number, onTrouble?: (trouble: Trouble) => void}} [wanted]
 * @returns {Promise<ArrayBuffer>}
 */
export async function bytesOf(url, { signal, first, last, onTrouble } = {}) {
  for (let wait_s = FIRST_WAIT_S; ; wait_s = Math.min(LONGEST_WAIT_S, 2 * wait_s)) {
    try {
      return await once(url, signal, first, last);
    } catch (error) {
      if (signal?.aborted || error.kind === "gone") throw error;
      onTrouble?.(error instanceof Trouble ? error : new Trouble("lost", String(error)));
    }
    await waited(wait_s, signal);
  }
}

async function once(url, signal, first, last) {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, 1000 * PATIENCE_S);
  signal?.addEventListener("abort", end);
  try {
    const ranged = first !== undefined;
    const headers = ranged ? { Range: `bytes=${first}-${last}` } : {};
    const answer = await fetch(url, { headers, signal: ending.signal });
    if ([401, 403, 404, 410, 416].includes(answer.status)) throw new Trouble("gone", `${answer.status}`);
    if (!answer.ok) throw new Trouble("lost", `${answer.status}`);
    const all = await answer.arrayBuffer();
    // A server between that knows no ranges sends the whole file.
    const bytes = ranged && answer.status === 200 ? all.slice(first, last + 1) : all;
    if (ranged && bytes.byteLength !== last + 1 - first) throw new Trouble("lost", "cut short");
    return bytes;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

/** So many seconds, or until the browser is online again. @returns {Promise<void>} */
function waited(seconds, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, 1000 * seconds);
    addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}
