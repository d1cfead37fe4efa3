// Counts down to instants by the server's clock: <b data-until="…">00:45</b>,
// hours and minutes, rounded down.
import { now } from "./site.js";

function tick() {
  for (const el of document.querySelectorAll("[data-until]")) {
    const minutes = Math.max(0, Math.floor((Date.parse(el.dataset.until) - now().getTime()) / 60_000));
    const text = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
    if (el.textContent !== text) el.textContent = text;
  }
}
tick();
setInterval(tick, 1000);
