/**
 * What an iterator program writes into (`struct seq_file`): a buffer that reads empty. It never grows: output that does not fit is lost
 * whole, and the reader says what becomes of it (fs/seq_file.c, Linux 6.18).
 */

/** PAGE_SIZE << 3 of kernel/bpf/bpf_iter.c. */
const SIZE = 32_768;

export class Sequence {
  readonly #bytes = new Uint8Array(SIZE);
  #count = 0;
  /** As the program knows it: where its context says that the file is. */
  address = 0;

  /** Bytes that are in it. */
  get count(): number {
    return this.#count;
  }

  /** How much more there is room for: the buffer is never full to the last byte. */
  get room(): number {
    return Math.max(SIZE - 1 - this.#count, 0);
  }

  get overflowed(): boolean {
    return this.#count === SIZE;
  }

  /** Adds all of it or nothing; false when there is no room, and for all that comes after it. */
  write(bytes: Uint8Array): boolean {
    if (this.overflowed || bytes.length > this.room) {
      this.#count = SIZE;
      return false;
    }
    this.#bytes.set(bytes, this.#count);
    this.#count += bytes.length;
    return true;
  }

  /** Forgets what came after its first `count` bytes. */
  truncate(count: number): void {
    this.#count = count;
  }

  /** What is in it, which leaves it empty. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#count);
    this.#count = 0;
    return bytes;
  }
}
