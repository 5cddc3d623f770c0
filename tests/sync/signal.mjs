// The test signal: each frame shows its own number, and each second of audio begins with a beep whose pitch says which second it is.
// So a player's frames and samples can be placed in the film one by one. Pure functions: Node and the page share them.

/** Size of a frame before it is scaled up. Each pixel is a cell. */
export const COLUMNS = 32;
export const ROWS = 18;
export const SAMPLE_RATE = 48_000;

const INDEX_BITS = 20;
const CODE_BITS = 32;
/** The code has two rows of 16 bits; each bit is two columns wide and four rows high. */
const BITS_PER_ROW = 16;
const BIT_COLUMNS = 2;
const BIT_ROWS = 4;
/** Below the code: white when a second begins. The rows below that are empty, for subtitles. */
const FLASH_FROM_ROW = 9;
const FLASH_TO_ROW = 13;
const FLASH_SECONDS = 0.1;

/** The first beep has 1 kHz. After seven seconds the pitches repeat: no segment or chunk has a multiple of seven seconds. */
const FIRST_HZ = 1000;
const STEP_HZ = 150;
const PITCHES = 7;
const BEEP_SECONDS = 0.05;
const BEEP_LEVEL = 0.5;
/** No beep at the very beginning: the first frame of AAC has no frame before it, so what begins there is cut. */
const FIRST_BEEP = 1;
/** A quiet tone under everything, so that samples of the film differ from silence that a player inserts. */
const FLOOR_HZ = 110;
const FLOOR_LEVEL = 0.02;

function codeOf(index) {
  const check = (index * 2_897 + 1_361) & 0xfff;
  return (index * 2 ** (CODE_BITS - INDEX_BITS) + check) >>> 0;
}

/** Time of frame `index` in seconds. `rate`: `{ num, den }` in frames per second. */
export function frameTime(index, rate) {
  return (index * rate.den) / rate.num;
}

/** Writes frame `index` as COLUMNS × ROWS grey pixels. */
export function drawFrame(index, rate, pixels) {
  pixels.fill(16);
  const code = codeOf(index);
  const flash = frameTime(index, rate) % 1 < FLASH_SECONDS ? 255 : 16;
  for (let row = 0; row < FLASH_TO_ROW; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const bit = Math.floor(row / BIT_ROWS) * BITS_PER_ROW + Math.floor(column / BIT_COLUMNS);
      if (bit < CODE_BITS) {
        pixels[row * COLUMNS + column] = (code >>> (CODE_BITS - 1 - bit)) & 1 ? 255 : 16;
      } else if (row >= FLASH_FROM_ROW) {
        pixels[row * COLUMNS + column] = flash;
      }
    }
  }
}

/** The number of the frame in COLUMNS × ROWS grey pixels; null if they do not contain a whole code. */
export function readFrame(pixels) {
  let code = 0;
  for (let bit = 0; bit < CODE_BITS; bit++) {
    const row = Math.floor(bit / BITS_PER_ROW) * BIT_ROWS;
    const column = (bit % BITS_PER_ROW) * BIT_COLUMNS;
    // The cells in the middle of the bit's height, which no neighbour touches.
    let sum = 0;
    for (const y of [row + 1, row + 2]) {
      sum += pixels[y * COLUMNS + column] + pixels[y * COLUMNS + column + 1];
    }
    code = ((code << 1) | (sum > 4 * 128 ? 1 : 0)) >>> 0;
  }
  const index = code >>> (CODE_BITS - INDEX_BITS);
  return codeOf(index) === code ? index : null;
}

/** Writes mono samples from sample `from` of the film on, as 16-bit integers. */
export function drawAudio(from, samples) {
  for (let at = 0; at < samples.length; at++) {
    const seconds = (from + at) / SAMPLE_RATE;
    const second = Math.floor(seconds);
    let value = FLOOR_LEVEL * Math.sin(2 * Math.PI * FLOOR_HZ * seconds);
    if (second >= FIRST_BEEP && seconds - second < BEEP_SECONDS) {
      value += BEEP_LEVEL * Math.sin(2 * Math.PI * pitch(second) * (seconds - second));
    }
    samples[at] = Math.round(value * 32_767);
  }
}

function pitch(second) {
  return FIRST_HZ + STEP_HZ * (second % PITCHES);
}

/** Samples in a block of the coarse search. */
const BLOCK = 240;

/**
 * Finds the beeps in samples from -1 to 1. Each is `{ sample, pitch }`: where it begins, in samples, and the number of its pitch.
 * Beeps that are cut off at either end are left out.
 */
export function findBeeps(samples) {
  const levels = blockLevels(samples);
  let loudest = 0;
  for (const level of levels) {
    loudest = Math.max(loudest, level);
  }
  // The deepest beep has a fourth of the differences of the highest.
  const threshold = loudest / 16;
  const beeps = [];
  const length = Math.round(BEEP_SECONDS * SAMPLE_RATE);
  for (let block = 1; block < levels.length; block++) {
    if (levels[block] > threshold && levels[block - 1] <= threshold) {
      const about = block * BLOCK;
      if (about >= length && about + 2 * length < samples.length) {
        beeps.push(exactBeep(samples, about, length));
      }
      block += Math.round((10 * length) / BLOCK);
    }
  }
  return beeps;
}

/** The mean square of the differences in each block, in which the quiet low tone disappears. */
function blockLevels(samples) {
  const levels = new Float32Array(Math.floor(samples.length / BLOCK));
  for (let block = 0; block < levels.length; block++) {
    let sum = 0;
    for (let at = block * BLOCK + 1; at < (block + 1) * BLOCK; at++) {
      sum += (samples[at] - samples[at - 1]) ** 2;
    }
    levels[block] = sum;
  }
  return levels;
}

/** The pitch with the most energy, and the place where a window of a beep's length contains the most of it. */
function exactBeep(samples, about, length) {
  const from = about - length;
  const span = samples.subarray(from, about + 2 * length);
  let best = { energy: 0 };
  for (let number = 0; number < PITCHES; number++) {
    const step = (2 * Math.PI * pitch(number)) / SAMPLE_RATE;
    const real = new Float64Array(span.length + 1);
    const imaginary = new Float64Array(span.length + 1);
    for (let at = 0; at < span.length; at++) {
      real[at + 1] = real[at] + span[at] * Math.cos(step * at);
      imaginary[at + 1] = imaginary[at] + span[at] * Math.sin(step * at);
    }
    for (let at = 0; at + length < real.length; at++) {
      const energy = (real[at + length] - real[at]) ** 2 + (imaginary[at + length] - imaginary[at]) ** 2;
      if (energy > best.energy) {
        best = { energy, sample: from + at, pitch: number };
      }
    }
  }
  return { sample: best.sample, pitch: best.pitch };
}

/** The second of the film in which a beep of this pitch begins, if it begins at about `seconds`; null if its pitch belongs elsewhere. */
export function secondOfBeep(seconds, number) {
  const second = Math.round(seconds);
  return second >= FIRST_BEEP && second % PITCHES === number ? second : null;
}
