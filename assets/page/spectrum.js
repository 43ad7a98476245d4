// Hertz on the screen, and colours for decibels. Slaney's mel scale, as librosa's filters have it.

const LINEAR_HZ = 200 / 3, BREAK_HZ = 1000, BREAK_MEL = 15, STEP = Math.log(6.4) / 27;

export const mel = (hz) => (hz < BREAK_HZ ? hz / LINEAR_HZ : BREAK_MEL + Math.log(hz / BREAK_HZ) / STEP);

/** 0 at the top, 1 at the bottom. @param {number} hz @param {{min_hz: number, max_hz: number}} scale */
export const rowOf = (hz, { min_hz, max_hz }) => (mel(max_hz) - mel(hz)) / (mel(max_hz) - mel(min_hz));

export const LABELLED_HZ = [100, 500, 1000, 2000, 4000, 8000, 16_000];

/**
 * 256 colours between those given, as ImageData counts them: 4 bytes each.
 * @param {[number, number, number][]} stops the quietest first
 */
export function palette(stops) {
  const colours = new Uint8ClampedArray(4 * 256);
  for (let k = 0; k < 256; k++) {
    const at = (k / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) colours[4 * k + c] = stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]);
    colours[4 * k + 3] = 255;
  }
  return colours;
}

/** The coarsest level that shows no less than the screen can. @param {number[]} levels seconds per pixel, fine to coarse */
export function levelFor(levels, seconds_per_px) {
  const found = levels.findLastIndex((one) => one <= seconds_per_px * 1.001);
  return Math.max(0, found);
}
