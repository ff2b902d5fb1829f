// What a browser decodes, as upright RGB laid on white: the colours as they stand in the file, as
// Loupe reads them.

/** @import { Rgb } from "./pixels.js" */

/**
 * @param {Blob} file
 * @returns {Promise<Rgb>}
 * @throws {Error} with a sentence, for a file that is no picture to this browser
 */
export async function rgbOf(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
    });
  } catch {
    throw new Error("This browser cannot open the file as a picture.");
  }
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/**
 * @param {CanvasImageSource} source a picture, or a video as it stands
 * @param {number} width
 * @param {number} height
 * @returns {Rgb}
 */
export function drawn(source, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw pictures.");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  const { data: rgba } = context.getImageData(0, 0, width, height);
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
  return { data, width, height };
}
