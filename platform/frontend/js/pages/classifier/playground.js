// The Playground: one image to models/{id}/predict/, its answer as bars. A model that is being prepared is asked again.

import { request } from "../../csrf.js";
import { showProbabilities } from "../../charts/probabilities.js";

const SMALL_SIDE = 64;
const ASK_AGAIN_SECONDS = 5;
const page = document.getElementById("playground");
if (page) start(page);

function start(root) {
  const part = (id) => document.getElementById(id);
  let asked = 0;

  part("model").addEventListener("change", () => part("model-form").submit());
  part("drop").addEventListener("files", (event) => {
    event.preventDefault();
    press(null);
    ask(event.detail.entries[0].file);
  });
  for (const button of root.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", async () => {
      press(button);
      const answer = await fetch(button.dataset.sample, { credentials: "same-origin" });
      if (!answer.ok) return showProblem({ title: "The image could not be read", detail: `The server answered ${answer.status}.` });
      const blob = await answer.blob();
      return ask(new File([blob], button.dataset.name, { type: blob.type }));
    });
  }

  function press(chosen) {
    for (const button of root.querySelectorAll("[data-sample]")) button.setAttribute("aria-pressed", String(button === chosen));
  }

  async function ask(file, again = false) {
    asked = again ? asked : asked + 1;
    const turn = asked;
    if (!again) showAsked(file);
    busy(true);
    const form = new FormData();
    form.append("images", file, file.name);
    const began = performance.now();
    try {
      const answer = await request(root.dataset.predictUrl, { method: "POST", body: form });
      if (turn === asked) showAnswer(answer, performance.now() - began);
    } catch (problem) {
      if (turn !== asked) return;
      showProblem(problem);
      if (problem.code === "preparing") setTimeout(() => turn === asked && ask(file, true), ASK_AGAIN_SECONDS * 1000);
    }
  }

  function busy(is) {
    document.querySelector(".answer").classList.toggle("is-busy", is);
    part("waiting").hidden = !is;
    if (is) part("waiting").textContent = "Asking the model…";
    if (is) part("problem").hidden = true;
  }

  function showAsked(file) {
    const image = part("asked-image");
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    image.hidden = false;
    image.onload = () => part("asked").classList.toggle("is-small", image.naturalWidth <= SMALL_SIDE);
    image.onerror = () => (image.hidden = true);
    image.alt = `The image asked about: ${file.name}`;
    part("asked-name").textContent = file.name;
    part("asked").hidden = false;
    part("classes").replaceChildren();
    part("latency").textContent = "";
  }

  function showAnswer(answer, milliseconds) {
    busy(false);
    const [prediction] = answer.predictions;
    if (prediction.status !== 200) return showProblem({ title: "This image cannot be read", detail: prediction.detail });
    showProbabilities(part("classes"), prediction.classes);
    const { queue_ms: queue, decode_ms: decode, inference_ms: inference } = answer.timing;
    part("latency").textContent = `${Math.round(milliseconds)} ms`;
    part("latency").title = `queue ${queue.toFixed(1)} ms, decoding ${decode.toFixed(1)} ms, model ${inference.toFixed(1)} ms; the rest is the way there and back`;
    return undefined;
  }

  function showProblem({ title, detail, hint, message, code }) {
    busy(false);
    const box = part("problem");
    const preparing = code === "preparing";
    box.querySelector(".problem").className = `problem tone-${preparing ? "busy" : "bad"}`;
    box.querySelector('[data-problem="title"]').textContent = preparing ? "One moment" : (title ?? "The request failed");
    box.querySelector('[data-problem="detail"]').textContent = detail ?? message ?? "";
    box.querySelector('[data-problem="hint"]').textContent = detail?.includes(hint) ? "" : (hint ?? "");
    box.hidden = false;
  }
}
