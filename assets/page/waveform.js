// The waveforms on a canvas: what it was behind, what it is before it, on one scale.

import { range } from "./peaks.js";

/**
 * @typedef {{window: import("./peaks.js").Window | null, from_s: number, to_s: number, origin_s: number}} Part
 *   origin_s : where in the recording its peaks begin
 * @typedef {{parts: Part[], gain: number, colour: string}} Layer the last part that has a moment shows it
 */

/**
 * @param {CanvasRenderingContext2D} to @param {{width: number, height: number}} size in device pixels
 * @param {import("./timeline.js").View} view @param {Layer[]} layers the hindmost first
 * @param {number} scale by which the largest of all reaches the edge
 */
export function drawWaveform(to, { width, height }, view, layers, scale) {
  const half = height / 2, thinnest = 0.5 * devicePixelRatio, each_s = view.span_s / width;
  for (const { parts, gain, colour } of layers) {
    const known = parts.filter((part) => part.window);
    if (!known.length) continue;
    const far = (x) => Math.min(half, Math.max(thinnest, x * gain * scale * half));
    const lows = [];
    to.beginPath();
    for (let x = 0; x < width; x++) {
      const at_s = view.start_s + x * each_s;
      const part = known.findLast((one) => at_s >= one.from_s && at_s < one.to_s);
      const [low, high] = part ? range(part.window, at_s - part.origin_s, at_s - part.origin_s + each_s) : [0, 0];
      to.lineTo(x, half - far(high));
      lows.push(half + far(-low));
    }
    for (let x = width - 1; x >= 0; x--) to.lineTo(x, lows[x]);
    to.closePath();
    to.fillStyle = colour;
    to.fill();
  }
}
