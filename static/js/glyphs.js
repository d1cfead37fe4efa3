// Says at once what of a name no badge can print, beside the field that is left.
// Without this file the form says it once it is sent.
const token = document.querySelector('[name="_csrf"]')?.value;
const asked = new WeakMap();

document.addEventListener("focusout", (e) => {
  if (e.target.matches?.("[data-printed]")) look(e.target);
});

async function look(field) {
  const typed = field.value;
  if (typed === (asked.get(field) ?? field.defaultValue)) return;
  asked.set(field, typed);
  if (/^[\x20-\x7e]*$/.test(typed)) return say(field, "");
  const body = new URLSearchParams({ _csrf: token, text: typed });
  const answer = await fetch("/glyphs", { method: "POST", body }).catch(() => null);
  if (answer?.ok && field.value === typed) say(field, (await answer.json()).says);
}

function say(field, text) {
  const place = field.closest(".field");
  let said = place.querySelector(".remark[role=status]");
  if (!said) {
    if (!text) return;
    said = document.createElement("p");
    said.className = "remark";
    said.setAttribute("role", "status");
    place.append(said);
  }
  said.textContent = text;
  said.hidden = !text;
}
