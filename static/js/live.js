// Pages that change while they are read. An element with data-live="<stream>" and
// data-fragment="<name>" fetches its fragment anew when the stream says that
// something moved; an element with data-live-note says whether it is live. The
// fragment is of this page, or of the one that data-at names.
// Focus and the place on the page stay. Without this file the page is as it was
// when it was loaded, and says so.
import { now } from "./site.js";

const patience = 2500; // before a break in the connection is worth a word
const again = 10_000; // between looks while changes are not announced

export function follow(el, changed = () => {}) {
  const note = document.querySelector("[data-live-note]");
  const kinds = el.dataset.kinds?.split(" ");
  let source, last = "", lost, poll, boundary, running = false, wanted = false, wasLost = false;

  const part = () => el.firstElementChild;

  function say(text, tone = "") {
    if (!note || note.textContent === text) return;
    note.textContent = text;
    note.dataset.tone = tone;
  }

  // The fragment is asked for once at a time; a change during the answer asks
  // again, so that what is shown is never older than the last change.
  async function refresh() {
    wanted = true;
    if (running) return;
    running = true;
    try {
      while (wanted) {
        wanted = false;
        const address = new URL(el.dataset.at ?? location.href, location.href);
        address.hash = "";
        address.searchParams.set("fragment", el.dataset.fragment);
        const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" });
        if (!answer.ok) throw new Error(answer.status);
        replace(await answer.text());
      }
    } catch {
      disconnected();
    } finally {
      running = false;
    }
  }

  function replace(html) {
    const focus = document.activeElement?.closest("[id]")?.id;
    const inside = focus && el.contains(document.activeElement);
    const anchor = [...el.querySelectorAll("[id]")].find((e) => e.getBoundingClientRect().bottom > 0);
    const top = anchor?.getBoundingClientRect().top;
    el.innerHTML = html;
    if (anchor && scrollY > 0) {
      const same = document.getElementById(anchor.id);
      if (same) scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
    }
    if (inside) document.getElementById(focus)?.focus({ preventScroll: true });
    if (part()?.dataset.stale) pollOn();
    else pollOff();
    schedule();
    changed(el);
  }

  // What goes on now ends by itself.
  function schedule() {
    clearTimeout(boundary);
    const at = Date.parse(part()?.dataset.nextChange ?? "");
    if (at) boundary = setTimeout(refresh, Math.min(2 ** 30, Math.max(500, at - now().getTime() + 250)));
  }

  function pollOn() {
    poll ??= setInterval(refresh, again);
  }
  function pollOff() {
    clearInterval(poll);
    poll = undefined;
  }

  function disconnected() {
    lost ??= setTimeout(() => {
      wasLost = true;
      say(note?.dataset.lost.replace("{0}", part()?.dataset.asOf ?? "") ?? "", "fix");
    }, patience);
  }
  function connected() {
    clearTimeout(lost);
    lost = undefined;
    if (wasLost) {
      wasLost = false;
      say(note?.dataset.back ?? "", "ok");
      setTimeout(() => note?.dataset.tone === "ok" && say(""), 6000);
    }
  }

  function heard(e) {
    if (e.lastEventId) last = e.lastEventId;
    connected();
  }

  function open() {
    const address = new URL(el.dataset.live, location.href);
    if (last) address.searchParams.set("last_event_id", last);
    source = new EventSource(address);
    source.addEventListener("hello", heard);
    source.addEventListener("change", (e) => {
      heard(e);
      if (!kinds || kinds.includes(JSON.parse(e.data).kind)) refresh();
    });
    source.addEventListener("reset", (e) => {
      heard(e);
      refresh();
    });
    source.addEventListener("degraded", (e) => {
      heard(e);
      refresh();
    });
    source.onerror = () => {
      disconnected();
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, again);
    };
  }
  function reopen() {
    source.close();
    open();
    refresh();
  }

  open();
  schedule();
  if (part()?.dataset.stale) pollOn();
  if (el.dataset.every) setInterval(refresh, Number(el.dataset.every) * 1000);
  addEventListener("online", reopen);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (e) => e.persisted && reopen());
}

for (const el of document.querySelectorAll("[data-live]:not([data-live-own])")) if (el.dataset.live) follow(el);
