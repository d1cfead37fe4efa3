// The big screen: live, with its clock and countdown, and never asleep.
import "./live.js";
import "./clock.js";

async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // A screen that may sleep still shows everything until it does.
  }
}
stayAwake();
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && stayAwake());
