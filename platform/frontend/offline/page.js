// The page that classifies pictures and camera frames with no network at all. Bundled with all that
// it needs into one file (copy-dist.mjs); classifier/engine/formats/web_page.py puts a model in.

import { Camera, lookOn, mayAskForCamera, whyNoCamera } from "../js/camera.js";
import { showProbabilities } from "../js/charts/probabilities.js";
import { messageOf } from "../js/csrf.js";
import { one } from "../js/dom.js";
import { facts, Model } from "./model.js";
import { drawn, rgbOf } from "./picture.js";

/** @import { Rgb } from "./pixels.js" */

const SHOWN = 5;
const EVERY_MS = 50;
const JPEG = [0xff, 0xd8, 0xff];

/** @param {string} id */
const part = (id) => one(document, `#${id}`);

/** @param {string} text */
const say = (text) => {
  part("said").textContent = text;
};

class Page {
  asked = 0; // A newer question makes the answer to an older one late.

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.video = one(document, "video", HTMLVideoElement);
    this.picture = one(document, "#picture", HTMLImageElement);
    this.camera = new Camera(this.video, (hidden) => {
      this.close();
      say(hidden ? "The camera stopped when the page was hidden." : "The camera has ended.");
    });
    const input = one(document, "input[type=file]", HTMLInputElement);
    input.addEventListener("change", () => {
      this.take(input.files?.[0]);
      input.value = "";
    });
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer?.files[0]);
    });
    document.addEventListener("paste", (event) => this.take(event.clipboardData?.files[0]));
    part("camera").addEventListener("click", () => this.open());
    part("stop").addEventListener("click", () => this.close());
    part("camera").hidden = !mayAskForCamera();
    part("ask").hidden = false;
  }

  /** @param {File | undefined} file */
  async take(file) {
    if (!file) return;
    this.close();
    this.asked += 1;
    const turn = this.asked;
    URL.revokeObjectURL(this.picture.src);
    this.picture.src = URL.createObjectURL(file);
    this.show("picture");
    say("Looking…");
    try {
      const head = new Uint8Array(await file.slice(0, 3).arrayBuffer());
      const isJpeg = JPEG.every((byte, index) => head[index] === byte);
      await this.answer(await rgbOf(file), isJpeg, () => turn === this.asked);
    } catch (error) {
      if (turn !== this.asked) return;
      this.show("");
      part("classes").replaceChildren();
      part("speed").textContent = "";
      say(messageOf(error));
    }
  }

  /** @param {Rgb} image @param {boolean} isJpeg @param {() => boolean} isWanted */
  async answer(image, isJpeg, isWanted) {
    const began = performance.now();
    const found = await this.model.probabilities(image, isJpeg);
    if (!isWanted()) return;
    const classes = found
      .map((probability, index) => ({
        class_name: this.model.known.class_names[index],
        probability,
      }))
      .sort((a, b) => b.probability - a.probability);
    showProbabilities(part("classes"), classes.slice(0, SHOWN));
    part("speed").textContent = `${Math.round(performance.now() - began)} ms on this device`;
    const said = `Answer: ${classes[0].class_name}`;
    if (part("said").textContent !== said) say(said);
    document.dispatchEvent(new CustomEvent("loupe:answer", { detail: { probabilities: found } }));
  }

  async open() {
    this.asked += 1;
    const turn = this.asked;
    try {
      say("Starting the camera…");
      this.show("video");
      await this.camera.start();
      part("camera").hidden = true;
      part("stop").hidden = false;
      await lookOn(this.camera, EVERY_MS, async () => {
        const frame = drawn(this.video, this.video.videoWidth, this.video.videoHeight);
        await this.answer(frame, false, () => this.camera.isOn && turn === this.asked);
        return 0;
      });
    } catch (error) {
      this.close();
      say(whyNoCamera(error));
    }
  }

  close() {
    this.camera.stop();
    part("camera").hidden = !mayAskForCamera();
    part("stop").hidden = true;
    if (!this.video.hidden) this.show("");
  }

  /** @param {"video" | "picture" | ""} which */
  show(which) {
    this.video.hidden = which !== "video";
    this.picture.hidden = which !== "picture";
    part("nothing").hidden = which !== "";
  }
}

async function start() {
  const known = facts();
  document.title = known.model_name;
  part("title").textContent = known.model_name;
  const count = `${known.class_names.length} classes`;
  const day = new Date(known.made_at).toLocaleDateString("en-GB", { dateStyle: "long" });
  part("by").textContent = `Version ${known.version}, ${count}, saved on ${day}`;
  say("Opening the model…");
  try {
    new Page(await Model.open());
    say("");
  } catch (error) {
    say(`The model cannot be opened in this browser: ${messageOf(error)}`);
  }
  document.documentElement.dataset.ready = "";
}

start();
