// Files that are dropped anywhere on the page, or pasted. While they are dragged, a sheet says where they go.

const GONE_MS = 700;  // browsers say at least every 350 ms that something is still held over the page
const DEEP = 4;  // folders in folders

/**
 * @param {{take: (files: File[]) => void, may: () => string, signal: AbortSignal}} how
 *   may : what the sheet says
 */
export function takeAnywhere({ take, may, signal }) {
  const sheet = Object.assign(document.createElement("div"), { className: "si-sheet", hidden: true });
  sheet.setAttribute("aria-hidden", "true");
  if ("popover" in sheet) sheet.popover = "manual";  // above everything, dialogs too
  const said = document.createElement("p");
  sheet.append(said);
  document.body.append(sheet);
  let clock = 0;
  const hide = () => {
    clearTimeout(clock);
    if (sheet.matches(":popover-open")) sheet.hidePopover();
    sheet.hidden = true;
  };
  const show = () => {
    clearTimeout(clock);
    clock = setTimeout(hide, GONE_MS);
    if (!sheet.hidden) return;
    said.textContent = may();
    sheet.hidden = false;
    sheet.showPopover?.();
  };
  const on = (name, does) => window.addEventListener(name, does, { signal, capture: true });
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();  // or the browser opens the file in place of the page
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    show();
  };
  on("dragenter", over);
  on("dragover", over);
  on("dragleave", (event) => { if (!event.relatedTarget) hide(); });
  on("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    hide();
    take(await filesIn(event.dataTransfer));
  });
  on("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;  // words for some field
    event.preventDefault();
    event.stopPropagation();
    take(files);
  });
  signal.addEventListener("abort", () => { clearTimeout(clock); sheet.remove(); });
}

/** With those in folders. @param {DataTransfer} held @returns {Promise<File[]>} */
async function filesIn(held) {
  const files = [...held.files];
  const entries = [...held.items].map((item) => item.webkitGetAsEntry?.() ?? null);  // now: after a wait they are gone
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const found = await Promise.all(entries.map((entry) => entry && inside(entry, DEEP)));
  return found.flat().filter((file) => file !== null);
}

/** @param {any} entry @param {number} deep @returns {Promise<File[]>} */
async function inside(entry, deep) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed)).catch(() => null)];
  if (!deep) return [];
  const reader = entry.createReader();
  const all = [];
  for (;;) {  // a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
    if (!some.length) break;
    all.push(...some);
  }
  return (await Promise.all(all.map((one) => inside(one, deep - 1)))).flat();
}
