// The text of the diagnostics to the clipboard; the button says so for a moment.
async (text) => {
  const button = document.querySelector("#copy-json");
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // without HTTPS there is no clipboard to write to
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}
