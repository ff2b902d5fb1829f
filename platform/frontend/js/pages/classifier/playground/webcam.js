// The camera of the Playground: what it sees is asked about again and again, and the bars follow.

import { Camera, lookOn, mayAskForCamera, NEEDS_HTTPS, whyNoCamera } from "../../../camera.js";
import { showProbabilities } from "../../../charts/probabilities.js";
import { codeOf, request } from "../../../csrf.js";
import { el, one } from "../../../dom.js";
import { judged } from "./judged.js";

/** @import { PredictAnswer } from "../../../../types/api" */

const FRAME_SIDE = 640;
const PICTURE_SIDE = 1920;
const EVERY_MS = 200;
const PREPARING_MS = 5000;

export class Webcam {
  answers = 0;
  best = "";
  taken = 0;

  /**
   * @param {string} url that is asked
   * @param {{take: (files: File[]) => unknown, complain: (problem: unknown) => void}} playground
   */
  constructor(url, playground) {
    this.url = url;
    this.playground = playground;
    this.live = one(document, "#webcam-live");
    this.said = one(document, "#webcam-said");
    this.start = one(document, "#webcam-start");
    this.video = one(this.live, "video", HTMLVideoElement);
    this.camera = new Camera(this.video, (hidden) => {
      this.show(false);
      this.say(hidden ? "The camera stopped when the page was hidden." : "The camera has ended.");
    });
    this.start.hidden = !mayAskForCamera();
    if (!mayAskForCamera()) this.say(NEEDS_HTTPS);
    this.start.addEventListener("click", () => this.open());
    one(document, "#webcam-stop").addEventListener("click", () => this.close());
    one(document, "#webcam-take").addEventListener("click", () => this.take());
  }

  /** @param {string} text */
  say(text) {
    this.said.textContent = text;
  }

  /** @param {boolean} on */
  show(on) {
    this.live.hidden = !on;
    this.start.hidden = on;
    one(document, "#webcam-classes").replaceChildren();
    one(document, "#webcam-decision").replaceChildren();
    one(document, "#webcam-speed").textContent = "";
  }

  async open() {
    this.answers = 0;
    this.best = "";
    this.say("Starting the camera…");
    try {
      await this.camera.start();
    } catch (error) {
      this.show(false);
      return this.say(whyNoCamera(error));
    }
    this.show(true);
    this.say("Asking the model…");
    one(document, "#webcam-stop").focus();
    await lookOn(this.camera, EVERY_MS, () => this.look());
  }

  close() {
    this.camera.stop();
    this.show(false);
    this.say("The camera is off.");
    this.start.focus();
  }

  /** One frame as a picture of its own, with all that an answer has. */
  async take() {
    const frame = await this.camera.shot(PICTURE_SIDE);
    this.taken += 1;
    const name = `camera-${this.taken}.jpg`;
    this.playground.take([new File([frame], name, { type: frame.type })]);
  }

  /**
   * Asks about what it sees now.
   * @returns {Promise<number>} milliseconds to wait beyond the usual
   */
  async look() {
    const began = performance.now();
    try {
      const body = new FormData();
      body.append("images", await this.camera.shot(FRAME_SIDE), "camera.jpg");
      const answer = await request(this.url, { method: "POST", body });
      if (this.camera.isOn) this.answer(answer, performance.now() - began);
      return 0;
    } catch (problem) {
      if (codeOf(problem) === "preparing") {
        this.say("The model is being prepared. It is asked again in a moment.");
        return PREPARING_MS;
      }
      if (this.camera.isOn) {
        this.close();
        this.playground.complain(problem);
      }
      return 0;
    }
  }

  /** @param {PredictAnswer} answer @param {number} milliseconds from the picture to the answer */
  answer({ predictions: [entry] }, milliseconds) {
    if (entry.status !== 200) return this.say(entry.detail);
    this.answers += 1;
    showProbabilities(one(document, "#webcam-classes"), entry.classes);
    one(document, "#webcam-decision").replaceChildren(...judged(entry));
    const kept = entry.kept ? ", kept" : "";
    const speed = `${this.answers} answers, the last in ${Math.round(milliseconds)} ms${kept}`;
    one(document, "#webcam-speed").textContent = speed;
    const [{ class_name: best }] = entry.classes;
    if (best === this.best) return;
    // Read out only when it is another class.
    this.best = best;
    this.said.replaceChildren("It sees ", el("strong", { text: best }), ".");
  }
}
