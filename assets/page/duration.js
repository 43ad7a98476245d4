// How long a file is, if the browser can tell from its beginning. Nothing is decoded.

const PATIENCE_MS = 4000;

/**
 * Seconds, or null: an unknown format, or a length that only the whole file would tell.
 * @param {File} file @param {AbortSignal} [signal]
 * @returns {Promise<number | null>}
 */
export function durationOf(file, signal) {
  const media = document.createElement("audio");
  const url = URL.createObjectURL(file);
  return new Promise((resolve) => {
    const done = (s) => {
      clearTimeout(clock);
      media.removeAttribute("src");
      media.load();  // lets go of the file
      URL.revokeObjectURL(url);
      resolve(Number.isFinite(s) && s > 0 ? s : null);
    };
    const clock = setTimeout(done, PATIENCE_MS, null);
    media.addEventListener("loadedmetadata", () => done(media.duration), { once: true });
    media.addEventListener("error", () => done(null), { once: true });
    signal?.addEventListener("abort", () => done(null), { once: true });
    media.preload = "metadata";
    media.src = url;
  });
}
