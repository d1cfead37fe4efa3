// The public agenda: live, and opened at what goes on now.
import "./live.js";

const here = document.querySelector(".ag-list > .now");
if (here && !location.hash && scrollY === 0 && innerWidth < 700 && here.getBoundingClientRect().top > innerHeight * 2) {
  document.querySelector(".ag-now")?.scrollIntoView({ block: "start" });
}
