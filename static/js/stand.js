// Choosing somebody who is not registered yet opens the fields about them.
const to = document.querySelector("#stand select[name=to]");
const fold = document.querySelector("#stand .dg-new");
to?.addEventListener("change", () => {
  if (fold) fold.open = to.value === "new";
});
