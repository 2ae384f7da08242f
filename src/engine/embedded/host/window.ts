import { GzipCutOff } from "./gzip.ts";

/** A whole file, or its pieces in order: a stream of Node, of the web, a generator. A piece must stay as it is once given. */
export type CaptureSource = Uint8Array | AsyncIterable<Uint8Array>;

/** A window that moves over the source. Views into it stay valid until the next `gather`. */
export class ByteWindow {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** First byte not used up. */
  start = 0;
  /** File offset of byte 0. */
  base = 0;
  /** Why the source ended before its time; null when it did not. */
  cutOff: GzipCutOff | null = null;
  readonly #source: AsyncIterator<Uint8Array>;
  #ended = false;

  constructor(source: CaptureSource) {
    // Not `instanceof`: bytes may come from another realm (a frame, a worker).
    this.#source = ArrayBuffer.isView(source) ? once(source) : source[Symbol.asyncIterator]();
  }

  get end(): number {
    return this.bytes.length;
  }

  get available(): number {
    return this.bytes.length - this.start;
  }

  /** Reads on until `need` bytes are available or the source has ended. Holds no more than `need` and one piece. */
  async gather(need: number): Promise<void> {
    if (this.available >= need) return;
    const pieces = this.available > 0 ? [this.bytes.subarray(this.start)] : [];
    let total = this.available;
    while (total < need) {
      const piece = await this.#next();
      if (piece === null) break;
      pieces.push(piece);
      total += piece.length;
    }
    this.base += this.start;
    this.start = 0;
    const [only] = pieces;
    this.bytes = pieces.length === 1 && only !== undefined ? only : concatenate(pieces, total);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Passes over bytes without keeping them. Returns how many there were. */
  async discard(count: number): Promise<number> {
    let left = count;
    while (left > 0) {
      const here = Math.min(left, this.available);
      this.start += here;
      left -= here;
      if (left === 0) break;
      await this.gather(1);
      if (this.available === 0) break;
    }
    return count - left;
  }

  /** Everything from here on, for who takes over. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (this.available > 0) yield this.bytes.subarray(this.start);
      for (let piece = await this.#next(); piece !== null; piece = await this.#next()) yield piece;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#ended) return null;
      let result: IteratorResult<Uint8Array>;
      try {
        result = await this.#source.next();
      } catch (error) {
        this.#ended = true;
        if (!(error instanceof GzipCutOff)) throw error;
        this.cutOff = error;
        return null;
      }
      if (result.done) {
        this.#ended = true;
        return null;
      }
      // A Node stream gives Buffers: as plain arrays they share one hidden class with everything else here.
      const { buffer, byteOffset, byteLength } = result.value;
      if (byteLength > 0) return new Uint8Array(buffer, byteOffset, byteLength);
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

function concatenate(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
