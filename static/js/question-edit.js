// One question: lines for more options, and the preview as it is typed. The button
// "preview" does the same without this file.
import { watch } from "./questions.js";

const form = document.getElementById("question");
const preview = document.getElementById("preview");

const more = form.querySelector("[data-add-row]");
const rows = form.querySelector("[data-rows]");
more.hidden = false;
const empty = (row) => [...row.querySelectorAll("input")].every((input) => !input.value);
while (rows.children.length > 3 && empty(rows.lastElementChild) && empty(rows.children[rows.children.length - 3])) rows.lastElementChild.remove();
more.addEventListener("click", () => {
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  row.querySelector("input").focus();
});

let waiting = 0;
let asked = 0;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 300);
});

async function draw() {
  const mine = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("_preview", "yes");
  const answer = await fetch(location.pathname, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || mine !== asked) return; // what was drawn before stays
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  preview.replaceChildren(...page.getElementById("preview").childNodes);
  for (const area of preview.querySelectorAll("[data-asked]")) watch(area);
}
