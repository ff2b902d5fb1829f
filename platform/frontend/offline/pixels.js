// How an image becomes the square that a model sees: what common/pixels.py does with Pillow, number
// by number (Resample.c and Reduce.c of Pillow 13), so that the same pixels give the same answer.

/** @typedef {{data: Uint8Array, width: number, height: number}} Rgb */
/** @typedef {{data: Uint8Array | Float32Array, width: number, height: number}} Shades */
/** @typedef {"stretch" | "crop" | "pad"} Fit */

const BAR = 128;
const GAP = 3; // Pillow's reducing_gap
const PRECISION_BITS = 22;

/**
 * The square of an image.
 * @param {Shades} image three numbers a pixel, from 0 to 255
 * @param {number} size its side
 * @param {Fit} fit
 * @returns {Rgb}
 */
export function squareOf(image, size, fit) {
  const { width, height } = image;
  if (fit === "crop" && width !== height) {
    const side = Math.min(width, height);
    const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
    return resized(cropped(image, left, top, side), size, size);
  }
  if (fit === "pad" && width !== height) {
    const scale = size / Math.max(width, height);
    const sides = [width, height].map((side) => Math.max(1, evenly(side * scale)));
    return padded(resized(image, sides[0], sides[1]), size);
  }
  return resized(image, size, size);
}

/**
 * What a large JPEG is made smaller by before all else, as Pillow's draft does it: by 8, 4 or 2,
 * never below twice the side. The decoder, which Pillow leaves that to, averages and then rounds
 * what it has as fractions. Here whole numbers are averaged, so the means stay fractions: halves
 * that always go up would make the whole picture brighter.
 * @param {Rgb} image
 * @param {number} size
 * @returns {Shades}
 */
export function drafted(image, size) {
  const most = Math.min(
    Math.floor(image.width / (2 * size)),
    Math.floor(image.height / (2 * size)),
  );
  const factor = [8, 4, 2].find((each) => most >= each) ?? 1;
  return factor === 1 ? image : averaged(image, factor);
}

/**
 * The mean of each block, not rounded; at the edges blocks may be smaller.
 * @param {Rgb} image
 * @param {number} factor
 * @returns {Shades}
 */
function averaged(image, factor) {
  const [width, height] = [image.width, image.height].map((side) => Math.ceil(side / factor));
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < image.height; y += 1) {
    const rows = Math.min(factor, image.height - Math.floor(y / factor) * factor);
    const start = Math.floor(y / factor) * width;
    for (let x = 0, from = y * image.width * 3; x < image.width; x += 1) {
      const column = Math.floor(x / factor);
      const share = 1 / (rows * Math.min(factor, image.width - column * factor));
      for (let band = 0; band < 3; band += 1, from += 1)
        data[(start + column) * 3 + band] += image.data[from] * share;
    }
  }
  return { data, width, height };
}

/** Python's round(): halves go to the even neighbour. @param {number} value */
function evenly(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 ? floor + 1 : floor;
}

/**
 * @param {Shades} image
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @returns {Shades}
 */
function cropped(image, left, top, side) {
  const data = image.data.slice(0, side * side * 3);
  for (let y = 0; y < side; y += 1) {
    const start = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + side * 3), y * side * 3);
  }
  return { data, width: side, height: side };
}

/** In the middle of bars of grey. @param {Shades} image @param {number} size @returns {Rgb} */
function padded(image, size) {
  const data = new Uint8Array(size * size * 3).fill(BAR);
  const [left, top] = [image.width, image.height].map((side) => Math.floor((size - side) / 2));
  for (let y = 0; y < image.height; y += 1) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    data.set(row, ((top + y) * size + left) * 3);
  }
  return { data, width: size, height: size };
}

/**
 * Antialiased bilinear, after averaging blocks where the image is many times as large.
 * @param {Shades} image
 * @param {number} width
 * @param {number} height
 * @returns {Rgb}
 */
export function resized(image, width, height) {
  if (image.width === width && image.height === height) return rounded(image);
  const fx = Math.floor(image.width / width / GAP) || 1;
  const fy = Math.floor(image.height / height / GAP) || 1;
  const small = fx > 1 || fy > 1 ? reduced(image, fx, fy) : image;
  /** @param {Shades} each */
  const across = (each) => pass(each, width, Math.fround(image.width / fx), true);
  /** @param {Shades} each */
  const down = (each) => pass(each, height, Math.fround(image.height / fy), false);
  // Pillow 13 begins with the side that takes more away, by a rule that its answers show.
  const rows = small.height - height;
  const downFirst = rows > 0 && rows > 2 * (small.width - width);
  return rounded(downFirst ? across(down(small)) : down(across(small)));
}

/** Rounded to whole numbers, where it is not yet. @param {Shades} image @returns {Rgb} */
function rounded({ data, width, height }) {
  if (data instanceof Uint8Array) return { data, width, height };
  return { data: Uint8Array.from(data, (shade) => Math.floor(shade + 0.5)), width, height };
}

/**
 * The mean of each block, rounded as Pillow rounds it; at the edges blocks may be smaller.
 * @param {Shades} image
 * @param {number} fx
 * @param {number} fy
 * @returns {Rgb}
 */
export function reduced(image, fx, fy) {
  const [width, height] = [Math.ceil(image.width / fx), Math.ceil(image.height / fy)];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const rows = Math.min(fy, image.height - y * fy);
    for (let x = 0; x < width; x += 1) {
      const columns = Math.min(fx, image.width - x * fx);
      const count = rows * columns;
      const multiplier = Math.floor(2 ** 32 / (256 * count));
      for (let band = 0; band < 3; band += 1) {
        let sum = Math.floor(count / 2);
        for (let row = 0; row < rows; row += 1) {
          let at = ((y * fy + row) * image.width + x * fx) * 3 + band;
          for (let column = 0; column < columns; column += 1) {
            sum += image.data[at];
            at += 3;
          }
        }
        data[(y * width + x) * 3 + band] = Math.floor((sum * multiplier) / 2 ** 24);
      }
    }
  }
  return { data, width, height };
}

/**
 * The triangle's weights for each place of the result, as whole numbers.
 * @param {number} size that there is
 * @param {number} length of it that is used, a fraction where blocks did not come out even
 * @param {number} out the result's size
 */
function weightsOf(size, length, out) {
  const scale = length / out;
  const support = Math.max(1, scale);
  const places = [];
  for (let place = 0; place < out; place += 1) {
    const center = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const last = Math.min(size, Math.trunc(center + support + 0.5));
    const weights = [];
    let sum = 0;
    for (let each = first; each < last; each += 1) {
      const weight = Math.max(0, 1 - Math.abs((each - center + 0.5) * (1 / support)));
      weights.push(weight);
      sum += weight;
    }
    const whole = weights.map((weight) => {
      const share = (sum === 0 ? weight : weight / sum) * 2 ** PRECISION_BITS;
      return Math.trunc(share + 0.5);
    });
    places.push({ first, whole: Int32Array.from(whole) });
  }
  return places;
}

/**
 * @param {Shades} image
 * @param {number} out the new size, along one side
 * @param {number} length of that side that is used
 * @param {boolean} across along the width, else along the height
 * @returns {Shades}
 */
function pass(image, out, length, across) {
  const { width, height } = image;
  const size = across ? width : height;
  if (size === out && length === size) return image;
  const [columns, rows] = across ? [out, height] : [width, out];
  const data = new Uint8Array(columns * rows * 3);
  const step = (across ? 1 : width) * 3;
  const places = weightsOf(size, length, out);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const { first, whole } = places[across ? x : y];
      const start = (across ? y * width + first : first * width + x) * 3;
      for (let band = 0; band < 3; band += 1) {
        let sum = 1 << (PRECISION_BITS - 1);
        for (let each = 0, at = start + band; each < whole.length; each += 1, at += step)
          sum += image.data[at] * whole[each];
        data[(y * columns + x) * 3 + band] = Math.min(255, Math.max(0, sum >> PRECISION_BITS));
      }
    }
  }
  return { data, width: columns, height: rows };
}
