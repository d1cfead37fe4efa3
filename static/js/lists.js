// Lists that are read in. While one is worked on its progress is asked for; when the
// work ends the page is loaded anew. A file that is too large is said so before it
// travels. Without this file the page reloads by itself, and the server says so.

const every = 700; // between looks at the progress

const part = document.querySelector("[data-list]");
if (part) watch();

async function watch() {
  const address = new URL(location.href);
  address.searchParams.set("fragment", "status");
  let wait = every;
  for (;;) {
    await new Promise((go) => setTimeout(go, wait));
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      const next = document.createElement("div");
      next.innerHTML = html;
      const state = next.querySelector("[data-state]")?.dataset.state;
      if (state !== "reading" && state !== "committing") {
        location.reload();
        return;
      }
      // The bar moves in place, so that it is not read out again and again.
      const bar = part.querySelector("progress");
      const now = next.querySelector("progress");
      bar.max = now.max;
      bar.value = now.value;
      part.querySelector(".soft").textContent = next.querySelector(".soft").textContent;
      wait = every;
    } catch {
      wait = Math.min(wait * 2, 10_000);
    }
  }
}

const form = document.querySelector("form[data-most]");
form?.addEventListener("submit", (e) => {
  const file = form.querySelector('input[type="file"]').files[0];
  const large = form.querySelector(".ls-large");
  large.hidden = !file || file.size <= Number(form.dataset.most);
  if (!large.hidden) e.preventDefault();
});
