// What pages do beyond plain HTML. Each works by an attribute, and every page
// works without this file.

// The server's clock, which a demo runs ahead of the machine's:
// <body data-now="…"> and <time data-clock data-offset="480"> (minutes from UTC).
const started = performance.now();
const serverNow = Date.parse(document.body.dataset.now);

export function now() {
  return new Date(serverNow + performance.now() - started);
}

function tick() {
  for (const el of document.querySelectorAll("[data-clock]")) {
    const at = new Date(now().getTime() + Number(el.dataset.offset) * 60_000);
    const text = at.toISOString().slice(11, 16);
    if (el.textContent !== text) el.textContent = text;
  }
}
if (document.querySelector("[data-clock]")) {
  tick();
  setInterval(tick, 1000);
}

// A menu closes when the reader goes elsewhere.
const menus = () => document.querySelectorAll("details.qs-menu[open]");
document.addEventListener("click", (e) => {
  for (const m of menus()) if (!m.contains(e.target)) m.open = false;
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const m of menus()) {
    m.open = false;
    m.querySelector("summary").focus();
  }
});

document.addEventListener("click", async (e) => {
  const button = e.target.closest("[data-opens], [data-closes], [data-copies], [data-prints], [data-dismiss]");
  if (!button) return;
  const { opens, copies } = button.dataset;
  if (opens) {
    const dialog = document.getElementById(opens);
    if (dialog?.showModal) {
      e.preventDefault();
      dialog.showModal();
    }
  } else if ("closes" in button.dataset) {
    button.closest("dialog")?.close();
  } else if (copies) {
    await navigator.clipboard.writeText(document.getElementById(copies).textContent.trim());
    button.dataset.done = "";
  } else if ("prints" in button.dataset) {
    print();
  } else {
    button.closest(".qs-toast, .qs-note")?.remove();
  }
});

// A filter applies as soon as it is chosen; its button serves without scripts.
document.addEventListener("change", (e) => {
  if (e.target.form?.matches("[data-autosubmit]")) e.target.form.requestSubmit();
});

// One press, one request. What is shown in a frame, or opens beside the page, leaves
// the form where it is: it may be sent again.
document.addEventListener("submit", (e) => {
  const target = e.submitter?.formTarget || e.target.target;
  if (e.defaultPrevented || e.target.method !== "post" || (target && target !== "_self")) return;
  if (e.target.dataset.sent) {
    e.preventDefault();
    return;
  }
  e.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A file that was just made is fetched at once; the link serves without scripts.
const made = document.querySelector("a[data-file]");
if (made) {
  const fetched = document.createElement("a");
  fetched.href = made.href;
  fetched.download = "";
  fetched.click();
}

// The summary of what must be put right takes the focus.
document.querySelector("[data-focus]")?.focus();

// What a badge cannot print is said while names are typed.
if (document.querySelector("[data-printed]")) import("./glyphs.js");
if (document.querySelector("[data-fills]")) import("./titles.js");
