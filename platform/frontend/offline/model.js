// The model of the page: its file and ONNX Runtime stand in the page, compressed, as base64.

import * as ort from "onnxruntime-web/wasm";

import { drafted, squareOf } from "./pixels.js";

/**
 * @import { Fit, Rgb } from "./pixels.js"
 * @typedef {object} Facts
 * @property {string} model_name
 * @property {number} version
 * @property {string[]} class_names
 * @property {number} image_size
 * @property {Fit} fit
 * @property {string} made_at
 */

/** What a data block of the page holds. @param {string} id @returns {string} */
const textOf = (id) => document.getElementById(id)?.textContent ?? "";

/** @returns {Facts} */
export const facts = () => JSON.parse(textOf("facts"));

/** Takes the block out of the page: its text is as large as all the rest. @param {string} id */
async function unpacked(id) {
  const text = atob(textOf(id).trim());
  document.getElementById(id)?.remove();
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class Model {
  /** @param {ort.InferenceSession} session @param {Facts} known */
  constructor(session, known) {
    this.session = session;
    this.known = known;
  }

  /** Makes the model ready: some seconds for a large one. */
  static async open() {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = (await unpacked("runtime")).buffer;
    const session = await ort.InferenceSession.create(await unpacked("model"), {
      executionProviders: ["wasm"],
    });
    return new Model(session, facts());
  }

  /**
   * The probability of each class, in the order of `class_names`.
   * @param {Rgb} image
   * @param {boolean} isJpeg whether it comes from a JPEG file, which Loupe decodes smaller
   * @returns {Promise<number[]>}
   */
  async probabilities(image, isJpeg) {
    const { image_size: size, fit } = this.known;
    const { data } = squareOf(isJpeg ? drafted(image, size) : image, size, fit);
    const [input] = this.session.inputNames;
    const [output] = this.session.outputNames;
    const feeds = { [input]: new ort.Tensor("uint8", data, [1, size, size, 3]) };
    const answers = await this.session.run(feeds, [output]);
    return Array.from(/** @type {Float32Array} */ (answers[output].data));
  }
}
