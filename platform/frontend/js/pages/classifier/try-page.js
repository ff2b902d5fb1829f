// What a try link opens, on a phone: a picture or the camera, and what the model says. The link's
// secret stands behind "#", where no server sees it; each question carries it in a header.

import "../../theme.js";
import { Camera, jpegOf, lookOn, mayAskForCamera, NEEDS_HTTPS, whyNoCamera } from "../../camera.js";
import { showProbabilities } from "../../charts/probabilities.js";
import { messageOf, Problem, problemFrom } from "../../csrf.js";
import { allWithin, el, one } from "../../dom.js";

/** @import { ClassProbability } from "../../../types/api" */
/** @typedef {{classes: ClassProbability[], decision: string | null}} Answer */

const PICTURE_SIDE = 1024;
const FRAME_SIDE = 480;
const EVERY_MS = 1000;
const BUSY_SECONDS = 5;
const DECISIONS = new Map([
  ["accept", ["good", "Sure enough"]],
  ["review", ["wait", "Not sure: a person should look"]],
  ["unknown", ["bad", "Like nothing that the model learned from"]],
]);

class TryPage {
  secret = location.hash.slice(1);
  asked = 0; // A newer question makes the answer to an older one late.

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.url = root.dataset.url ?? "";
    this.video = one(root, "video", HTMLVideoElement);
    this.picture = one(root, "#picture", HTMLImageElement);
    this.camera = new Camera(this.video, (hidden) => this.closed(hidden));
    for (const input of allWithin(root, "input[type=file]", HTMLInputElement))
      input.addEventListener("change", () => this.choose(input));
    this.part("camera").addEventListener("click", () => this.open());
    this.part("stop").addEventListener("click", () => this.close());
    addEventListener("hashchange", () => location.reload());
    this.greet();
  }

  /** @param {string} id */
  part(id) {
    return one(this.root, `#${id}`);
  }

  /** @param {string} text */
  say(text) {
    this.part("said").textContent = text;
  }

  /** Says what the link opens, or that it opens nothing. */
  async greet() {
    if (!this.secret)
      return this.refuse("The address is not whole", "Scan the code again, or ask for the link.");
    try {
      const told = await this.request("GET");
      document.title = `${told.model_name} · Loupe`;
      this.part("title").textContent = told.model_name;
      const until = new Date(told.expires_at).toLocaleDateString("en-GB", { dateStyle: "long" });
      this.part("by").textContent = `A model of ${told.organization_name}. Works until ${until}.`;
      this.part("ask").hidden = false;
      this.part("no-camera").textContent = mayAskForCamera() ? "" : NEEDS_HTTPS;
      this.part("camera").hidden = !mayAskForCamera();
    } catch (problem) {
      const known = problem instanceof Problem ? problem : null;
      this.refuse(known?.title ?? "This did not work", messageOf(problem));
    }
    document.documentElement.dataset.ready = "";
  }

  /** @param {string} title @param {string} detail */
  refuse(title, detail) {
    this.camera.stop();
    this.part("title").textContent = title;
    this.part("by").textContent = detail;
    this.part("ask").hidden = true;
    document.documentElement.dataset.ready = "";
  }

  /**
   * @param {string} method
   * @param {BodyInit} [body]
   * @returns {Promise<any>}
   * @throws {Problem}
   */
  async request(method, body) {
    const headers = { Accept: "application/json", "Loupe-Try-Link": this.secret };
    let answer;
    try {
      answer = await fetch(this.url, {
        method,
        body,
        headers,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
      });
    } catch {
      throw problemFrom(0, "");
    }
    if (!answer.ok) throw problemFrom(answer.status, await answer.text());
    return answer.json();
  }

  /** @param {HTMLInputElement} input */
  async choose(input) {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    this.close();
    URL.revokeObjectURL(this.picture.src);
    this.picture.src = URL.createObjectURL(file);
    this.show("picture");
    this.say("Asking the model…");
    await this.ask(() => smallerOf(file));
  }

  async open() {
    try {
      this.say("Starting the camera…");
      this.show("video");
      await this.camera.start();
      this.part("camera").hidden = true;
      this.part("stop").hidden = false;
      await lookOn(this.camera, EVERY_MS, () => this.ask(() => this.camera.shot(FRAME_SIDE)));
    } catch (error) {
      this.close();
      this.say(whyNoCamera(error));
    }
  }

  close() {
    this.camera.stop();
    this.part("camera").hidden = !mayAskForCamera();
    this.part("stop").hidden = true;
    if (!this.video.hidden) this.show("");
  }

  /** @param {boolean} hidden */
  closed(hidden) {
    this.close();
    this.say(hidden ? "The camera stopped when the page was hidden." : "The camera has ended.");
  }

  /** @param {"video" | "picture" | ""} which stands above the answer */
  show(which) {
    this.video.hidden = which !== "video";
    this.picture.hidden = which !== "picture";
    this.part("nothing").hidden = which !== "";
  }

  /**
   * @param {() => Promise<Blob>} take
   * @returns {Promise<number>} how many milliseconds to wait before the next
   */
  async ask(take) {
    this.asked += 1;
    const turn = this.asked;
    try {
      const body = new FormData();
      body.append("image", await take(), "picture.jpg");
      const answer = await this.request("POST", body);
      if (turn === this.asked) this.answer(answer);
      return 0;
    } catch (problem) {
      if (turn === this.asked) this.complain(problem);
      return BUSY_SECONDS * 1000;
    }
  }

  /** @param {Answer} answer */
  answer({ classes, decision }) {
    showProbabilities(this.part("classes"), classes);
    const [tone, words] = DECISIONS.get(decision ?? "") ?? [];
    this.part("decision").replaceChildren(
      ...(words ? [el("span", { class: `status tone-${tone}`, text: words })] : []),
    );
    const best = classes[0]?.class_name ?? "";
    const said = `Answer: ${best}`;
    // A camera's answers come all the time: only another one is read out.
    if (this.part("said").textContent !== said) this.say(said);
  }

  /** @param {unknown} problem */
  complain(problem) {
    const code = problem instanceof Problem ? problem.code : "";
    if (code === "try_link_invalid")
      return this.refuse("This link does not work", messageOf(problem));
    this.part("classes").replaceChildren();
    this.part("decision").replaceChildren();
    this.say(messageOf(problem));
  }
}

/** The picture in upright pixels, small enough to be sent. @param {File} file */
async function smallerOf(file) {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    return await jpegOf(bitmap, bitmap.width, bitmap.height, PICTURE_SIDE);
  } catch {
    throw new Error("This browser cannot open the file as a picture.");
  }
}

const page = document.getElementById("try");
if (page) new TryPage(page);
