// A camera that a person looks through: it starts when they say so, and stops when the page is
// hidden.

const WIDTH = 1280;
const QUALITY = 0.9;

/** @type {Record<string, string>} what a browser says, by the name of its error */
const WORDS = {
  NotAllowedError:
    "The browser does not let this page use a camera. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program.",
  OverconstrainedError: "No camera was found.",
};

/** Whether the browser lets this page ask for a camera: only by https, or on this machine. */
export const mayAskForCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

export const NEEDS_HTTPS =
  "Browsers give a camera only to pages that come by https. Choose a picture in its place.";

/** @param {unknown} error what starting a camera threw @returns {string} a sentence */
export function whyNoCamera(error) {
  const name = error instanceof Error ? error.name : "";
  return WORDS[name] ?? "The camera did not start.";
}

/**
 * What is drawn of a picture or a video, as a JPEG of at most `side` pixels along its longer side.
 * @param {CanvasImageSource} source
 * @param {number} width of the source
 * @param {number} height of the source
 * @param {number} side
 * @returns {Promise<Blob>}
 */
export async function jpegOf(source, width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw pictures.");
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  /** @type {Blob | null} */
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) throw new Error("This browser cannot write a picture.");
  return blob;
}

export class Camera {
  /** @type {MediaStream | null} */
  stream = null;
  started = 0; // A newer start, or a stop, makes an older one void.

  /**
   * @param {HTMLVideoElement} video
   * @param {(hidden: boolean) => unknown} onEnd the page was hidden, or the camera was taken away
   */
  constructor(video, onEnd) {
    this.video = video;
    this.onEnd = onEnd;
    document.addEventListener("visibilitychange", () => document.hidden && this.end(true));
  }

  get isOn() {
    return this.stream !== null;
  }

  /**
   * @param {"environment" | "user"} facing away from the person, or at them, where there are both
   * @throws what getUserMedia throws
   */
  async start(facing = "environment") {
    this.stop();
    this.started += 1;
    const turn = this.started;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: facing, width: { ideal: WIDTH } },
    });
    if (turn !== this.started) return stopAll(stream);
    this.stream = stream;
    for (const track of stream.getTracks())
      track.addEventListener("ended", () => this.stream === stream && this.end(false));
    this.video.srcObject = stream;
    await this.video.play();
  }

  stop() {
    this.started += 1;
    if (this.stream) stopAll(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /** @param {boolean} hidden */
  end(hidden) {
    if (!this.isOn) return;
    this.stop();
    this.onEnd(hidden);
  }

  /** What it sees now, as a JPEG. @param {number} side of at most so many pixels, the longer one */
  shot(side) {
    const { videoWidth, videoHeight } = this.video;
    return jpegOf(this.video, videoWidth, videoHeight, side);
  }
}

/** @param {MediaStream} stream */
function stopAll(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Looks for as long as the camera is on: one look at a time, and none sooner than `every`
 * milliseconds after the one before began. A look says how long to wait beyond that.
 * @param {Camera} camera
 * @param {number} every
 * @param {() => Promise<number>} look
 */
export async function lookOn(camera, every, look) {
  const { stream } = camera;
  while (stream && camera.stream === stream) {
    const began = performance.now();
    const more = await look();
    const rest = Math.max(0, every - (performance.now() - began)) + more;
    await new Promise((done) => setTimeout(done, rest));
  }
}
