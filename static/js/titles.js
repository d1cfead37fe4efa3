// Choosing a title of the list in one language fills in the other, if that is empty.
// Without this file the other is filled in when the form is sent.
document.addEventListener("change", (e) => {
  const field = e.target;
  if (!field.matches?.("[data-fills]")) return;
  const other = field.form.elements[field.dataset.fills];
  const chosen = [...(field.list?.options ?? [])].find((o) => o.value === field.value);
  if (chosen?.dataset.other && other && !other.value.trim()) other.value = chosen.dataset.other;
});
