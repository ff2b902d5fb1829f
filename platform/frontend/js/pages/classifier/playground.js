// The Playground: images to models/{id}/predict/, one card for each. A model that is being prepared
// is asked again.

import { request } from "../../csrf.js";
import { batchesOf } from "./playground/batches.js";
import { AnswerCard } from "./playground/card.js";

const ASK_AGAIN_SECONDS = 5;
const page = document.getElementById("playground");
if (page) start(page);

function start(root) {
  const part = (id) => document.getElementById(id);
  const limits = {
    images: Number(root.dataset.maxImages),
    imageBytes: Number(root.dataset.maxImageBytes),
    totalBytes: Number(root.dataset.maxTotalBytes),
  };
  let cards = [];
  let asked = 0; // A newer question makes the answers to older ones late.

  part("model").addEventListener("change", () => part("model-form").submit());
  part("drop").addEventListener("files", (event) => {
    event.preventDefault();
    press(null);
    ask(event.detail.entries.map((entry) => entry.file));
  });
  for (const button of root.querySelectorAll("[data-sample]"))
    button.addEventListener("click", () => askSample(button));
  part("again").addEventListener("click", () => run(cards.filter((card) => card.unanswered)));

  function press(chosen) {
    for (const button of root.querySelectorAll("[data-sample]"))
      button.setAttribute("aria-pressed", String(button === chosen));
  }

  async function askSample(button) {
    press(button);
    const answer = await fetch(button.dataset.sample, { credentials: "same-origin" });
    if (!answer.ok)
      return showProblem({
        title: "The image could not be read",
        detail: `The server answered ${answer.status}.`,
      });
    const blob = await answer.blob();
    return ask([new File([blob], button.dataset.name, { type: blob.type })]);
  }

  function ask(files) {
    for (const card of cards) card.discard();
    cards = files.map((file) => new AnswerCard(file));
    showCards();
    return run(cards);
  }

  /** Asks about some of the cards, as many requests as it takes. */
  async function run(chosen) {
    asked += 1;
    const turn = asked;
    part("problem").hidden = true;
    part("again").hidden = true;
    part("answer-summary").textContent =
      `Asking about ${chosen.length} ${chosen.length === 1 ? "image" : "images"}`;
    for (const card of chosen) card.wait("Waiting for its turn…");
    const files = chosen.map((card) => card.file);
    const { batches, tooLarge } = batchesOf(files, limits);
    for (const [file, reason] of tooLarge) cardOf(file).fail(reason);
    const began = performance.now();
    for (const batch of batches) {
      if (!(await askBatch(batch.map(cardOf), turn))) return;
    }
    summarize(performance.now() - began);
  }

  const cardOf = (file) => cards.find((card) => card.file === file);

  /** Answers the cards of one request; false when nothing more is to be asked. */
  async function askBatch(batch, turn) {
    for (const card of batch) card.wait("Asking the model…");
    const form = new FormData();
    for (const { file } of batch) form.append("images", file, file.name);
    try {
      const answer = await request(root.dataset.predictUrl, { method: "POST", body: form });
      if (turn !== asked) return false;
      part("problem").hidden = true;
      showAnswers(batch, answer);
      return true;
    } catch (problem) {
      if (turn !== asked) return false;
      showProblem(problem);
      if (problem.code === "preparing") return askAgain(batch, turn);
      noAnswer();
      return false;
    }
  }

  async function askAgain(batch, turn) {
    for (const card of batch) card.wait("Waiting for the model…");
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_SECONDS * 1000));
    return turn === asked && askBatch(batch, turn);
  }

  function showCards() {
    part("answers").replaceChildren(...cards.map((card) => card.element));
    part("answers").classList.toggle("is-single", cards.length === 1);
    part("nothing-asked").hidden = true;
    root.classList.add("has-asked");
    bringIntoView(part("answer"));
  }

  function showAnswers(batch, { predictions, timing, version }) {
    const read = predictions.filter((prediction) => prediction.status === 200).length;
    const milliseconds = (timing.decode_ms + timing.inference_ms) / Math.max(1, read);
    const explained = `Decoding and model, ${read > 1 ? `an average over the ${read} images of this request` : "for this image"}; it waited ${timing.queue_ms.toFixed(1)} ms for a worker.`;
    for (const [index, prediction] of predictions.entries()) {
      if (prediction.status === 200) batch[index].show(prediction, milliseconds, explained);
      else batch[index].fail(prediction.detail);
    }
    part("answered-by").textContent = `${root.dataset.modelName}, version ${version}`;
  }

  function noAnswer() {
    const waiting = cards.filter((card) => card.element.hasAttribute("aria-busy"));
    for (const card of waiting) card.giveUp("No answer: the request failed, as said above.");
    part("again").hidden = !waiting.length;
    part("answer-summary").textContent =
      `No answer for ${waiting.length} of ${cards.length} ${cards.length === 1 ? "image" : "images"}`;
  }

  function summarize(milliseconds) {
    const failed = cards.filter((card) => card.element.classList.contains("is-failed")).length;
    const answered = cards.length - failed;
    const count = `${answered} ${answered === 1 ? "answer" : "answers"}`;
    part("answer-summary").textContent =
      `${count} in ${Math.round(milliseconds)} ms${failed ? `, ${failed} could not be read` : ""}`;
  }

  function showProblem({ title, detail, hint, message, code, errors }) {
    const box = part("problem");
    const preparing = code === "preparing";
    const said = errors?.length
      ? errors.map((error) => error.detail).join(" ")
      : (detail ?? message ?? "");
    box.querySelector(".problem").className = `problem tone-${preparing ? "busy" : "bad"}`;
    box.querySelector('[data-problem="title"]').textContent = preparing
      ? "One moment"
      : (title ?? "The request failed");
    box.querySelector('[data-problem="detail"]').textContent = said;
    box.querySelector('[data-problem="hint"]').textContent = said.includes(hint)
      ? ""
      : (hint ?? "");
    box.hidden = false;
    part("nothing-asked").hidden = true;
  }
}

/** Scroll as little as is needed: beside the drop zone it is in view already, on a phone it is not. */
function bringIntoView(element) {
  const { top } = element.getBoundingClientRect();
  if (top >= 0 && top < innerHeight * 0.6) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}
