// Questions that depend on others: <div data-asked> holds them, and each stands in
// one <div data-when="name=value value"> for every choice that it waits for. Without
// this file all are there, with a sentence that says whom they are for.
for (const area of document.querySelectorAll("[data-asked]")) watch(area);

export function watch(area) {
  const scope = area.closest("form") ?? area.closest("[data-scope]") ?? area;
  const asked = [...area.querySelectorAll("[data-when]")];
  const chosen = (name) =>
    [...scope.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
      .filter((el) => !el.closest("[hidden]") && (!["radio", "checkbox"].includes(el.type) || el.checked))
      .map((el) => el.value);
  const show = () => {
    for (const el of asked) {
      const at = el.dataset.when.lastIndexOf("=");
      const values = el.dataset.when.slice(at + 1).split(" ");
      el.hidden = !chosen(el.dataset.when.slice(0, at)).some((v) => values.includes(v));
    }
    const title = area.querySelector(":scope > h2");
    if (title) title.hidden = ![...area.querySelectorAll(".qs-asked")].some((el) => !el.closest("[hidden]"));
  };
  area.classList.add("watched");
  scope.addEventListener("change", show);
  show();
}
