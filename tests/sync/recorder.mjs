// Sends everything that it hears to the page, in batches. A source that does not play is silence.
const BLOCKS = 16;
const BLOCK = 128;

class Recorder extends AudioWorkletProcessor {
  #batch = new Float32Array(BLOCKS * BLOCK);
  #filled = 0;

  process([input]) {
    if (input[0]) {
      this.#batch.set(input[0], this.#filled);
    }
    this.#filled += BLOCK;
    if (this.#filled === this.#batch.length) {
      this.port.postMessage(this.#batch);
      this.#batch = new Float32Array(BLOCKS * BLOCK);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
