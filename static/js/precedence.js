// Rows of a table are put in order by dragging their grips, or by the arrow keys on
// a grip. Nothing is kept until the form is sent. Without scripts the grip is a
// button that moves its row up.
for (const table of document.querySelectorAll("[data-orders]")) {
  const form = document.getElementById(table.dataset.orders);
  const body = table.querySelector("tbody");
  if (!form || !body) continue;
  const rows = () => [...body.querySelectorAll("tr[data-row]")];
  const say = form.querySelector("[data-order-said]");
  form.querySelector("[data-order-hint]").hidden = false;

  const renumber = (moved) => {
    const list = rows();
    const inputs = form.querySelectorAll('input[name="order"]');
    list.forEach((row, i) => {
      row.querySelector("[data-rank]").textContent = i + 1;
      inputs[i].value = row.dataset.row;
    });
    form.querySelector("[data-order-save]").hidden = false;
    const name = moved.querySelector(".name").textContent.trim();
    say.textContent = table.dataset.moved.replace("{0}", name).replace("{1}", list.indexOf(moved) + 1);
  };
  const move = (row, by) => {
    const list = rows();
    const other = list[list.indexOf(row) + by];
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    renumber(row);
  };

  for (const grip of body.querySelectorAll("[data-grip]")) {
    const row = grip.closest("tr");
    grip.type = "button";
    grip.classList.add("drags");
    grip.querySelector("use")?.setAttribute("href", grip.querySelector("use").getAttribute("href").replace(/#.*$/, "#grip-vertical"));
    grip.addEventListener("keydown", (e) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[e.key];
      if (!by) return;
      e.preventDefault();
      move(row, by);
      grip.focus();
    });
    grip.addEventListener("pointerdown", (e) => {
      if (e.button !== 0) return;
      e.preventDefault();
      grip.focus();
      grip.setPointerCapture(e.pointerId);
      row.classList.add("dragged");
    });
    grip.addEventListener("pointermove", (e) => {
      if (!grip.hasPointerCapture(e.pointerId)) return;
      const over = rows().find((r) => {
        const box = r.getBoundingClientRect();
        return r !== row && e.clientY >= box.top && e.clientY <= box.bottom;
      });
      if (!over) return;
      const box = over.getBoundingClientRect();
      const down = rows().indexOf(over) > rows().indexOf(row);
      if (down ? e.clientY > box.top + box.height / 2 : e.clientY < box.top + box.height / 2) {
        if (down) over.after(row);
        else over.before(row);
        renumber(row);
      }
    });
    const drop = () => row.classList.remove("dragged");
    grip.addEventListener("pointerup", drop);
    grip.addEventListener("pointercancel", drop);
  }
}
