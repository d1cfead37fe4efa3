// The review desk by keys. What a key does, a link or a button does too.
import { now } from "./site.js";

const rows = [...document.querySelectorAll("[data-row]")];
const bulk = document.getElementById("rd-bulk");
const here = () => rows.findIndex((r) => r.hasAttribute("aria-current"));
const wide = matchMedia("(min-width: 1001px)");
const tick = (row) => row?.querySelector("input[type=checkbox]:not(:disabled)");
const place = "desk:" + location.pathname.split("/")[2];

rows[here()]?.scrollIntoView({ block: "nearest" });

function move(by) {
  const at = here();
  const next = rows[at < 0 ? 0 : at + by];
  if (next) next.querySelector("a.name").click();
  else if (by > 0) document.querySelector('.rd-pages [rel="next"]')?.click();
}

// Who is ticked stays so while the desk moves from one to the next.
const ticked = new Set(bulk ? JSON.parse(sessionStorage.getItem(place) ?? "[]") : []);
function count() {
  const said = bulk?.querySelector("[data-selected]");
  if (!said) return;
  const n = rows.filter((r) => tick(r)?.checked).length;
  bulk.classList.toggle("some", n > 0);
  bulk.hidden = n === 0; // without scripts it always stands there
  said.textContent = n === 1 ? said.dataset.single : said.dataset.many.replace("2", n);
}
function keep() {
  ticked.clear();
  for (const r of rows) if (tick(r)?.checked) ticked.add(r.dataset.row);
  sessionStorage.setItem(place, JSON.stringify([...ticked]));
  count();
}
if (bulk) {
  bulk.querySelector("details").addEventListener("toggle", (e) => {
    if (!e.target.open) ask(e.target);
  });
  for (const r of rows) if (ticked.has(r.dataset.row) && tick(r)) tick(r).checked = true;
  document.addEventListener("change", (e) => {
    if (e.target.matches("[data-row] input[type=checkbox]")) keep();
  });
  bulk.addEventListener("reset", () => setTimeout(keep));
  bulk.addEventListener("submit", () => sessionStorage.removeItem(place));
  count();
}

// Those ticked, or the one that is shown; then on to the next that is left.
let aimed = null; // the box that was ticked for this alone
function aim() {
  const at = here();
  if (!rows.some((r) => tick(r)?.checked)) {
    if (!tick(rows[at])) return false;
    aimed = tick(rows[at]);
    aimed.checked = true;
  }
  const left = (r) => tick(r) && !tick(r).checked;
  const next = rows.slice(at + 1).find(left) ?? rows.find(left);
  bulk.elements.at.value = wide.matches ? next?.dataset.row ?? "" : "";
  count();
  return true;
}
function decide(what) {
  if (!bulk || !aim()) return;
  const button = bulk.querySelector(`button[data-does="${what}"]`);
  if (what === "approve") {
    bulk.requestSubmit(button);
    return;
  }
  const why = bulk.querySelector("details");
  why.open = true;
  ask(why, what);
  bulk.elements.reason.focus();
}

// The question names what was asked for, and whom it is about; without what was asked
// for, it leaves the choice.
function ask(why, what) {
  for (const b of why.querySelectorAll("button[data-does]")) b.hidden = !!what && b.dataset.does !== what;
  const whom = why.querySelector("[data-whom]");
  const chosen = rows.filter((r) => tick(r)?.checked);
  whom.hidden = !what || !chosen.length;
  if (whom.hidden) return;
  const name = chosen.length === 1 ? chosen[0].querySelector("a.name").textContent : bulk.querySelector("[data-selected]").textContent;
  whom.textContent = whom.dataset[what].replace("…", name);
}

// A decision that was refused is asked for again, where it stood.
const refused = bulk?.querySelector("details[data-does]");
if (refused) {
  const chosen = rows.filter((r) => tick(r)?.checked);
  if (chosen.length === 1 && chosen[0] === rows[here()]) aimed = tick(chosen[0]);
  ask(refused, refused.dataset.does);
  bulk.elements.reason.focus();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  x: () => {
    const box = tick(rows[here()]);
    if (box) {
      box.checked = !box.checked;
      keep();
    }
  },
  a: () => decide("approve"),
  r: () => decide("reject"),
  c: () => decide("return"),
  u: () => document.querySelector("[data-undo] button")?.click(),
  "/": () => document.querySelector("[data-search]").focus(),
  "?": () => document.getElementById("rd-keys").showModal(),
};
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (e.key === "Escape") {
    if (e.target.matches("[data-search]")) e.target.blur();
    const why = bulk?.querySelector("details[open]");
    if (why) why.open = false;
    if (why && aimed) aimed.checked = false;
    aimed = null;
    count();
    return;
  }
  if (e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]")) return;
  const does = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (does) {
    e.preventDefault();
    does();
  }
});

// How long a decision can be undone; then the page shows what became of it, unless
// somebody is writing.
const open = [...document.querySelectorAll("[data-due]")];
function left() {
  let most = -Infinity;
  for (const el of open) {
    const seconds = Math.ceil((Date.parse(el.dataset.due) - now()) / 1000);
    most = Math.max(most, seconds);
    const said = el.querySelector("[data-seconds]");
    if (said) said.textContent = Math.max(0, seconds);
  }
  const writing = document.activeElement?.matches("textarea, input[type=search], input[type=text]") || document.querySelector("dialog[open]");
  if (most < -1 && !writing) location.reload();
}
if (open.length) {
  left();
  setInterval(left, 500);
}
