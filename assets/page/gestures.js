// Pointers and wheel on the time axis: click to go there, drag to repeat a passage, pinch or Ctrl + wheel to zoom.

const MEANT_PX = 5;  // a click's hand may move so far
const EDGE_PX = { mouse: 7, pen: 10, touch: 18 };

/**
 * @param {HTMLElement} area
 * @param {{
 *   edges: () => number[],
 *   seek: (px: number) => void,
 *   select: (one_px: number, other_px: number, done: boolean) => void,
 *   zoom: (factor: number, around_px: number) => void,
 *   pan: (px: number) => boolean,
 * }} does
 *   edges : where the passage begins and ends
 *   pan : answers whether there was anything to move
 * @param {AbortSignal} signal ends all of it
 */
export function listen(area, does, signal) {
  /** @type {Map<number, number>} px by pointer */
  const down = new Map();
  /** @type {{from_px: number, at_px: number, meant: boolean} | null} */
  let drag = null;
  const px = (event) => event.clientX - area.getBoundingClientRect().left;
  const on = (name, take, options = {}) => area.addEventListener(name, take, { signal, ...options });

  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    area.setPointerCapture(event.pointerId);
    down.set(event.pointerId, px(event));
    drag = down.size === 1 ? begun(does.edges(), px(event), EDGE_PX[event.pointerType] ?? 7) : null;
  });

  on("pointermove", (event) => {
    if (!down.has(event.pointerId)) {
      const near = does.edges().some((edge) => Math.abs(edge - px(event)) <= EDGE_PX.mouse);
      area.style.cursor = near ? "ew-resize" : "";
      return;
    }
    if (down.size === 2) pinch(event);
    else if (drag) {
      drag.at_px = px(event);
      drag.meant ||= Math.abs(drag.at_px - drag.from_px) > MEANT_PX;
      if (drag.meant) does.select(drag.from_px, drag.at_px, false);
    }
    down.set(event.pointerId, px(event));
  });

  const up = (event) => {
    if (!down.delete(event.pointerId) || !drag) return;
    const { from_px, at_px, meant } = drag;
    drag = null;
    if (meant) does.select(from_px, at_px, true);
    else if (event.type === "pointerup") does.seek(px(event));
  };
  on("pointerup", up);
  on("pointercancel", up);

  on("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (event.ctrlKey || event.metaKey) does.zoom(Math.exp(-clampWheel(event) * 0.01), px(event));
    else if (!sideways || !does.pan(sideways)) return;  // the page scrolls
    event.preventDefault();
  }, { passive: false });

  function pinch(event) {
    const other = [...down].find(([id]) => id !== event.pointerId)[1];
    const [was, is] = [down.get(event.pointerId), px(event)];
    const [was_apart, is_apart] = [Math.max(20, Math.abs(was - other)), Math.max(20, Math.abs(is - other))];
    does.zoom(is_apart / was_apart, (is + other) / 2);
    does.pan((was - is) / 2);
  }
}

/** One end of the passage is taken in hand, the other stays; or a new one begins. */
function begun(edges, px, near_px) {
  const edge = edges.findIndex((one) => Math.abs(one - px) <= near_px);
  return { from_px: edge < 0 ? px : edges[1 - edge], at_px: px, meant: edge >= 0 };
}

/** A mouse's wheel turns by a hundred, a finger's pinch by a few. */
const clampWheel = (event) => Math.max(-50, Math.min(50, event.deltaMode ? 20 * event.deltaY : event.deltaY));
