// A list that is ordered by dragging: <ol data-order="form id"> of <li data-id="…">.
// The order is sent as soon as an entry is let go. Buttons serve the keyboard, and
// everybody without this file.
for (const list of document.querySelectorAll("[data-order]")) {
  list.classList.add("drags");
  const ids = () => [...list.children].map((li) => li.dataset.id);
  let moving = null;
  let before = [];

  list.addEventListener("pointerdown", (e) => {
    const grip = e.target.closest(".fb-grip");
    if (!grip || e.button !== 0) return;
    e.preventDefault();
    moving = grip.closest("li");
    before = ids();
    moving.classList.add("moving");
    list.setPointerCapture(e.pointerId);
  });
  list.addEventListener("pointermove", (e) => {
    if (!moving) return;
    for (const li of list.children) {
      if (li === moving) continue;
      const { top, height } = li.getBoundingClientRect();
      const above = moving.compareDocumentPosition(li) & Node.DOCUMENT_POSITION_PRECEDING;
      if (above && e.clientY < top + height / 2) {
        li.before(moving);
        return;
      }
      if (!above && e.clientY > top + height / 2 && li === moving.nextElementSibling) {
        li.after(moving);
        return;
      }
    }
  });
  const put = (e) => {
    if (!moving) return;
    moving.classList.remove("moving");
    moving = null;
    if (e.type === "pointercancel") {
      for (const id of before) list.append(list.querySelector(`[data-id="${CSS.escape(id)}"]`));
      return;
    }
    if (ids().join() === before.join()) return;
    const form = document.getElementById(list.dataset.order);
    for (const id of ids()) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "id", value: id });
      form.append(field);
    }
    form.requestSubmit();
  };
  list.addEventListener("pointerup", put);
  list.addEventListener("pointercancel", put);
}
