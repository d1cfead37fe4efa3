// A portrait is cropped before it leaves: moved and scaled under a frame of the
// badge's shape, by pointer, two fingers, wheel or keyboard. What is sent is the
// frame alone, so the server never sees the rest of the picture. Without this file
// the whole picture is sent, and the server takes its middle.

const across = 5, down = 7;
const least = [413, 626]; // pixels that print asks for
const most = 1252; // pixels across that are sent: twice what is kept
const nearest = 4; // times the scale at which the picture fills the frame

for (const form of document.querySelectorAll("form[data-crop]")) start(form);

function start(form) {
  const input = form.querySelector('input[type="file"]');
  const box = form.querySelector("[data-cropper]");
  const canvas = box.querySelector("canvas");
  const zoom = box.querySelector('input[type="range"]');
  const small = box.querySelector("[data-small]");
  const unreadable = form.querySelector("[data-unreadable]");
  const pen = canvas.getContext("2d");
  // The picture, the centre of the frame on it, and how much nearer than needed.
  let picture, x, y, near = 1;

  // part is the rectangle of the picture under the frame, in its own pixels.
  function part() {
    const { width: w, height: h } = picture;
    const pw = Math.min(w, (h * across) / down) / near, ph = (pw * down) / across;
    x = Math.min(w - pw / 2, Math.max(pw / 2, x));
    y = Math.min(h - ph / 2, Math.max(ph / 2, y));
    return [x - pw / 2, y - ph / 2, pw, ph];
  }

  function draw() {
    const p = part();
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, ...p, 0, 0, canvas.width, canvas.height);
    // Where the head stands on a good portrait.
    pen.strokeStyle = "rgba(255, 255, 255, .85)";
    pen.lineWidth = 3;
    pen.setLineDash([12, 10]);
    pen.beginPath();
    pen.ellipse(canvas.width / 2, canvas.height * 0.42, canvas.width * 0.3, canvas.height * 0.28, 0, 0, 7);
    pen.stroke();
    pen.setLineDash([]);
    small.hidden = p[2] >= least[0] && p[3] >= least[1];
    zoom.value = Math.round(near * 100);
  }

  function scale(to) {
    near = Math.min(nearest, Math.max(1, to));
    draw();
  }

  // move shifts the picture under the frame by pixels of the screen.
  function move(dx, dy) {
    const unit = part()[2] / canvas.clientWidth;
    x -= dx * unit;
    y -= dy * unit;
    draw();
  }

  input.addEventListener("change", async () => {
    picture = undefined;
    box.hidden = unreadable.hidden = true;
    const file = input.files[0];
    if (!file) return;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      unreadable.hidden = false;
      return;
    }
    near = 1;
    x = picture.width / 2;
    y = picture.height * 0.45;
    box.hidden = false;
    draw();
  });
  zoom.addEventListener("input", () => scale(zoom.value / 100));

  const fingers = new Map();
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
  });
  canvas.addEventListener("pointermove", (e) => {
    const was = fingers.get(e.pointerId);
    if (!was || !picture) return;
    const before = fingers.size === 2 ? spread() : 0;
    fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (before) scale((near * spread()) / before);
    move((e.clientX - was.x) / fingers.size, (e.clientY - was.y) / fingers.size);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (e) => fingers.delete(e.pointerId));
  canvas.addEventListener("wheel", (e) => {
    if (!picture) return;
    e.preventDefault();
    scale(near * Math.exp(-e.deltaY / 500));
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    if (!picture || e.ctrlKey || e.metaKey || e.altKey) return;
    const step = e.shiftKey ? 40 : 8;
    const does = {
      ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0), ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
      "+": () => scale(near * 1.1), "=": () => scale(near * 1.1), "-": () => scale(near / 1.1), _: () => scale(near / 1.1),
    }[e.key];
    if (!does) return;
    e.preventDefault();
    does();
  });

  // The frame takes the place of the file before the form leaves.
  form.addEventListener("submit", async (e) => {
    if (!picture || form.dataset.cropped) return;
    e.preventDefault();
    const p = part();
    const out = new OffscreenCanvas(Math.round(Math.min(most, p[2])), 1);
    out.height = Math.round((out.width * down) / across);
    const ink = out.getContext("2d");
    ink.imageSmoothingQuality = "high";
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, out.width, out.height);
    ink.drawImage(picture, ...p, 0, 0, out.width, out.height);
    const frame = await out.convertToBlob({ type: "image/jpeg", quality: 0.92 });
    const files = new DataTransfer();
    files.items.add(new File([frame], "portrait.jpg", { type: "image/jpeg" }));
    input.files = files.files;
    form.dataset.cropped = "yes";
    form.requestSubmit(e.submitter);
  });
  addEventListener("pageshow", () => delete form.dataset.cropped);
}
