// The door: point, hear a tone, see a colour and a face, next person. The device
// holds a secret that its pairing gave it; every verdict comes from the server.

const door = document.getElementById("door");
const $ = (selector, root = door) => root.querySelector(selector);
const words = Object.fromEntries([...$("[data-words]").content.querySelectorAll("[data-w]")].map((e) => [e.dataset.w, e.textContent]));
const lang = door.dataset.lang;

const key = "qianshou.door";
const patience = 8000; // for an answer of the server
const nextAfter = 1200; // a granted screen goes on by itself
const repeatAfter = 3000; // the same code held before the camera is one reading

const state = { secret: localStorage.getItem(key), way: "in", busy: false, sound: true, last: "", lastAt: 0, standing: null, retry: null };

function fill(sentence, ...values) {
  return values.reduce((s, value, i) => s.replace(`{${i}}`, value), sentence);
}
const both = (text) => (lang === "zh" ? text?.zh || text?.en : text?.en || text?.zh) ?? "";
const otherScript = (p) => (p.name_zh && p.name_zh !== p.name ? p.name_zh : p.name_native !== p.name ? p.name_native : "");

function show(view) {
  for (const el of door.querySelectorAll("[data-view]")) el.hidden = el.dataset.view !== view;
  if (view !== "answer") door.className = "door";
  if (view === "ready") look();
  state.view = view;
}

// ask calls the API as this device. It answers {status, body}, or throws when no
// answer came.
async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${state.secret}`, "Accept-Language": lang, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
    cache: "no-store",
    credentials: "omit",
  });
  return { status: answer.status, body: await answer.json() };
}

// Pairing.

function unpair(why) {
  localStorage.removeItem(key);
  state.secret = null;
  stopLooking();
  $("[data-gate]").textContent = $("[data-gate]").dataset.title;
  $("[data-way]").textContent = $("[data-hour]").textContent = "";
  state.zone = undefined;
  show("pair");
  complain($('[data-view="pair"]'), why);
}

function complain(form, why) {
  const p = $("[data-why]", form);
  p.hidden = !why;
  p.textContent = why ?? "";
}

async function pair(code) {
  const form = $('[data-view="pair"]');
  complain(form);
  try {
    const answer = await fetch("/api/v1/devices/pair", {
      method: "POST", headers: { "Content-Type": "application/json", "Accept-Language": lang }, body: JSON.stringify({ code }),
      signal: AbortSignal.timeout(patience), credentials: "omit",
    });
    const body = await answer.json();
    if (!answer.ok) return complain(form, body.errors?.[0]?.message ?? body.detail);
    localStorage.setItem(key, (state.secret = body.secret));
    await begin();
  } catch {
    complain(form, words.noanswer);
  }
}

$('[data-view="pair"]').addEventListener("submit", (e) => {
  e.preventDefault();
  pair(e.target.code.value);
});

// What the door shows while nobody stands before it.

async function stand() {
  if (!state.secret) return;
  try {
    const { status, body } = await ask("GET", "/api/v1/door");
    if (status === 401 || status === 403) return unpair(body.detail);
    if (status !== 200) throw new Error(status);
    state.standing = body;
    state.ahead = Date.parse(body.now) - Date.now();
    state.zone = body.event.time_zone;
    if (body.direction !== "both") state.way = body.direction;
    $("[data-gate]").textContent = `${both(body.gate.name)}`;
    $("[data-ways]").hidden = body.direction !== "both";
    $("[data-find]").hidden = body.duty !== "supervisor";
    $("[data-inside]").textContent = body.inside;
    $("[data-capacity]").textContent = body.capacity;
    $("[data-of-some]").hidden = !body.capacity;
    $("[data-of-none]").hidden = !!body.capacity;
    $("[data-minute]").textContent = body.minute;
    $("[data-closed]").hidden = body.open;
    $("[data-offline]").hidden = true;
    way(state.way);
    hour();
  } catch {
    $("[data-offline]").hidden = false;
  }
}

function hour() {
  if (!state.zone) return;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: state.zone, hour: "2-digit", minute: "2-digit" });
  $("[data-hour]").textContent = format.format(new Date(Date.now() + state.ahead));
}
const hourOf = (at) => new Intl.DateTimeFormat("en-GB", { timeZone: state.zone, hour: "2-digit", minute: "2-digit" }).format(new Date(at));

function way(to) {
  state.way = to;
  $("[data-way]").textContent = words[to];
  for (const b of door.querySelectorAll("[data-set-way]")) b.setAttribute("aria-pressed", b.dataset.setWay === to);
}
for (const b of door.querySelectorAll("[data-set-way]")) b.addEventListener("click", () => way(b.dataset.setWay));

// One scan: a badge's code, or what was typed instead.

async function scan(what) {
  if (state.busy || !state.secret) return;
  state.busy = true;
  const body = { scan_id: crypto.randomUUID(), scanned_at: new Date(Date.now() + (state.ahead ?? 0)).toISOString(), direction: state.way, ...what };
  await send("/api/v1/scans", body);
}

// send asks for a verdict. With no answer the same scan can be sent again: its
// scan_id makes that harmless.
async function send(path, body) {
  try {
    const { status, body: answer } = await ask("POST", path, body);
    state.retry = null;
    if (status === 401) return unpair(answer.detail);
    if (status !== 200) return answerOf({ tone: "wait", word: words.wait, message: answer.errors?.[0]?.message ?? answer.detail });
    verdict(answer);
  } catch {
    state.retry = () => send(path, body);
    answerOf({ tone: "wait", word: words.wait, message: words.noanswer, action: words.noanswer_do });
  } finally {
    state.busy = false;
  }
}

function verdict(v) {
  const granted = v.verdict === "granted";
  const tone = granted ? (v.code === "EXIT_WITHOUT_ENTRY" ? "wait" : "yes") : v.calm ? "calm" : "no";
  const p = v.person;
  answerOf({
    tone, word: v.word, message: v.message, person: p, action: v.action, code: [v.code, p?.serial].filter(Boolean).join(" · "),
    since: v.since && fill(words.since, hourOf(v.since), both(v.since_gate)),
    goOn: tone === "yes",
    override: !granted && p && state.standing?.duty === "supervisor" ? p.registration_id : "",
  });
  if (p) {
    $("[data-last]").hidden = false;
    $("[data-last-chip]").textContent = granted ? words.granted : words.denied;
    $("[data-last-chip]").className = `chip ${granted ? "ok" : "final"}`;
    $("[data-last-name]").textContent = p.name;
  }
}

let going;
function answerOf(a) {
  clearTimeout(going);
  door.className = `door ${a.tone}`;
  for (const el of door.querySelectorAll("[data-shape]")) el.hidden = el.dataset.shape !== a.tone;
  put("[data-word]", a.word);
  put("[data-message]", a.message);
  put("[data-since]", a.since);
  put("[data-action]", a.action);
  put("[data-code]", a.code);
  $("[data-box]").hidden = !(a.since || a.action || a.code);
  const who = $("[data-who]");
  who.hidden = !a.person;
  if (a.person) {
    put("[data-name]", a.person.name);
    who.classList.toggle("long", a.person.name.length > 28);
    put("[data-name-zh]", otherScript(a.person).replace(/[·-]/g, "\u2060$&\u200b")); // lines break after these signs alone
    put("[data-role]", [both(a.person.title), both(a.person.country), a.person.head ? words.head : both(a.person.badge_name)].filter(Boolean).join(" · "));
  }
  portrait(a.person);
  const byHand = $("[data-by-hand]");
  byHand.hidden = !a.override;
  byHand.open = !!a.open;
  $("[data-override]").dataset.person = a.override ?? "";
  $("[data-retry]").hidden = !state.retry;
  show("answer");
  door.className = `door ${a.tone}`;
  tell(a.tone);
  $(state.retry ? "[data-retry]" : "[data-next]").focus({ preventScroll: true });
  if (a.goOn) going = setTimeout(next, nextAfter);
}

// The portrait comes by the device's own token, so it is fetched and not linked.
// The verdict never waits for it.
const face = $("[data-face]");
async function portrait(p) {
  const before = face.querySelector("img");
  if (before) {
    URL.revokeObjectURL(before.src);
    before.remove();
  }
  const wanted = (state.photo = p?.photo);
  if (!wanted) return;
  try {
    const answer = await fetch(wanted, { headers: { Authorization: `Bearer ${state.secret}` }, signal: AbortSignal.timeout(patience), cache: "no-store", credentials: "omit" });
    if (!answer.ok) return;
    const picture = new Image();
    picture.alt = "";
    picture.src = URL.createObjectURL(await answer.blob());
    if (state.photo === wanted) face.append(picture);
    else URL.revokeObjectURL(picture.src);
  } catch {
    // The drawn face stays.
  }
}

function put(selector, text) {
  const el = $(selector);
  el.textContent = text ?? "";
  if (el.hasAttribute("hidden") || el.dataset.optional !== undefined || !text) el.hidden = !text;
}

function next() {
  clearTimeout(going);
  state.retry = null;
  state.lastAt = Date.now();
  show("ready");
  stand();
}
$("[data-next]").addEventListener("click", next);
$("[data-retry]").addEventListener("click", () => state.retry?.());

// Letting in against the verdict: a supervisor's device only, and with a reason.

async function letIn(person, reason, form) {
  complain(form);
  const body = { scan_id: crypto.randomUUID(), registration_id: person, direction: state.way, reason, scanned_at: new Date(Date.now() + (state.ahead ?? 0)).toISOString() };
  try {
    const { status, body: answer } = await ask("POST", "/api/v1/scans/override", body);
    if (status === 401) return unpair(answer.detail);
    if (status !== 200) return complain(form, answer.errors?.[0]?.message ?? answer.detail);
    form.reset();
    verdict(answer);
  } catch {
    complain(form, words.noanswer);
  }
}
$("[data-override]").addEventListener("submit", (e) => {
  e.preventDefault();
  clearTimeout(going);
  letIn(e.target.dataset.person, e.target.reason.value, e.target);
});

$("[data-find]").addEventListener("click", () => {
  stopLooking();
  show("find");
  $("#q").focus();
});
$("[data-back]").addEventListener("click", next);
$("[data-search]").addEventListener("submit", async (e) => {
  e.preventDefault();
  const form = e.target;
  complain(form);
  $("[data-found]").replaceChildren();
  $("[data-nobody]").hidden = true;
  try {
    const { status, body } = await ask("GET", `/api/v1/door/people?q=${encodeURIComponent(form.q.value)}`);
    if (status !== 200) return complain(form, body.errors?.[0]?.message ?? body.detail);
    $("[data-nobody]").hidden = body.items.length > 0;
    for (const p of body.items) $("[data-found]").append(card(p));
  } catch {
    complain(form, words.noanswer);
  }
});

function card(p) {
  const li = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  for (const [name, text] of [["name", p.name], ["zh", otherScript(p)], ["muted", [both(p.title), both(p.delegation), p.reference].filter(Boolean).join(" · ")]]) {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    button.append(span);
  }
  button.addEventListener("click", () => answerOf({ tone: "calm", word: words.open_now, message: p.reference, person: p, override: p.registration_id, open: true }));
  li.append(button);
  return li;
}

// Typed, or read by a scanner that types like a keyboard and ends with Enter.

$("[data-typed]").addEventListener("submit", (e) => {
  e.preventDefault();
  const text = e.target.reference.value.trim();
  if (!text) return;
  e.target.reset();
  document.activeElement.blur();
  scan(text.startsWith("QS") && text.length > 60 ? { token: text } : { reference: text });
});

let typed = "", typedAt = 0;
document.addEventListener("keydown", (e) => {
  if (e.target.closest?.("input") || e.ctrlKey || e.altKey || e.metaKey) return;
  const now = Date.now();
  if (now - typedAt > 500) typed = ""; // a person does not type a badge's code
  typedAt = now;
  if (e.key === "Enter" && typed.length > 5) {
    e.preventDefault();
    const text = typed;
    typed = "";
    if (state.view === "answer") next();
    if (state.view === "ready") scan({ token: text });
  } else if (e.key.length === 1) {
    typed += e.key;
    if (e.key === " " && typed.length > 1) e.preventDefault(); // a blank is a sign of the code, not a press of a button
  }
});

// Sound and vibration.

let audio;
function tell(tone) {
  navigator.vibrate?.({ yes: 60, no: [200, 80, 200], calm: [120, 60, 120], wait: [80, 60, 80] }[tone]);
  if (!state.sound || tone === "calm") return;
  try {
    audio ??= new AudioContext();
    const beep = (at, hertz, seconds) => {
      const tone = audio.createOscillator(), gain = audio.createGain();
      tone.frequency.value = hertz;
      gain.gain.value = 0.2;
      tone.connect(gain).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + seconds);
    };
    if (tone === "yes") beep(0, 880, 0.12);
    else if (tone === "no") [0, 0.25].forEach((at) => beep(at, 220, 0.2));
    else beep(0, 440, 0.15);
  } catch {
    // A browser without sound still has colour, word and vibration.
  }
}
$("[data-sound]").addEventListener("click", (e) => {
  state.sound = !state.sound;
  e.currentTarget.setAttribute("aria-pressed", state.sound);
});

// The camera. The browser's own reader where there is one, else zxing.

let stream, detect, looking;
async function detector() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const native = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await native.detect(canvas))[0]?.rawValue;
  }
  await new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = door.dataset.reader;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => door.dataset.wasm }, fireImmediately: true });
  return async (canvas, context) => {
    const found = await ZXingWASM.readBarcodes(context.getImageData(0, 0, canvas.width, canvas.height), { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
    return found[0]?.text;
  };
}

async function look() {
  if (looking || !state.secret) return;
  looking = true;
  const video = $("[data-video]");
  try {
    stream ??= await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false });
    if (video.srcObject !== stream) video.srcObject = stream;
    await video.play();
    detect ??= await detector();
    $("[data-nocam]").hidden = true;
    navigator.wakeLock?.request("screen").catch(() => {});
  } catch {
    looking = false;
    $("[data-nocam]").hidden = false;
    return;
  }
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d", { willReadFrequently: true });
  while (looking && state.view === "ready") {
    if (video.videoWidth) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      const text = await detect(canvas, context).catch(() => undefined);
      const fresh = text && (text !== state.last || Date.now() - state.lastAt > repeatAfter);
      if (fresh && state.view === "ready" && !state.busy) {
        state.last = text;
        state.lastAt = Date.now();
        await scan({ token: text });
      }
    }
    await new Promise((r) => setTimeout(r, 80));
  }
  looking = false;
}

function stopLooking() {
  looking = false;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
}

async function begin() {
  await stand();
  if (state.secret) show("ready");
}

addEventListener("online", stand);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.view === "ready" && stand());
setInterval(() => state.view === "ready" && stand(), 15_000);
setInterval(hour, 5000);

const offered = location.hash.slice(1);
if (offered) history.replaceState(null, "", location.pathname + location.search); // the code must not stay in the address
if (state.secret && !offered) begin();
else {
  show("pair");
  if (offered) pair(offered);
}
