/**
 * Memory that the host presents at 64-bit addresses: what a process or the kernel had there when an event was recorded. Addresses
 * are pairs of 32-bit halves, so that reading makes no BigInt; they are values, and nothing of the engine's memory is behind them.
 */

export interface PresentedRange {
  /** 0 … 2^64 - 1. */
  readonly address: number | bigint;
  /** Kept, not copied: the host may change them, and `bpf_probe_write_user` does. */
  readonly bytes: Uint8Array;
}

interface Range {
  readonly high: number;
  readonly low: number;
  readonly bytes: Uint8Array;
}

export class PresentedMemory {
  /** In order of address, none over another. */
  readonly #ranges: Range[] = [];

  /** @throws RangeError when it lies over one that is there, or beyond 64 bits. */
  add({ address, bytes }: PresentedRange): void {
    const wide = BigInt(address);
    if (wide < 0n || wide + BigInt(bytes.length) > 1n << 64n) {
      throw new RangeError(`memory at ${show(wide)}: expected addresses of 64 bits, found ${bytes.length} bytes from there`);
    }
    const range = { high: Number(wide >> 32n), low: Number(wide & 0xffff_ffffn), bytes };
    const index = this.#after(range.high, range.low);
    const before = this.#ranges[index - 1];
    const after = this.#ranges[index];
    if (
      (before !== undefined && distance(range.high, range.low, before) < before.bytes.length) ||
      (after !== undefined && distance(after.high, after.low, range) < bytes.length)
    ) {
      throw new RangeError(`memory at ${show(wide)}: ${bytes.length} bytes from there lie over others; remove those first`);
    }
    this.#ranges.splice(index, 0, range);
  }

  /** Takes away the range that begins there. @returns whether there was one. */
  remove(address: number | bigint): boolean {
    const wide = BigInt(address);
    const index = this.#ranges.findIndex(({ high, low }) => high === Number(wide >> 32n) && low === Number(wide & 0xffff_ffffn));
    if (index >= 0) this.#ranges.splice(index, 1);
    return index >= 0;
  }

  /** Copies `size` bytes out, over neighbouring ranges. @returns how many of them are there. */
  read(high: number, low: number, size: number, to: Uint8Array, at: number): number {
    return this.#walk(high, low, size, (bytes, offset, length, done) => {
      to.set(bytes.subarray(offset, offset + length), at + done);
    });
  }

  /**
   * How long the text at an address is with its NUL; `limit` when that many bytes are there and none is a NUL, 0 when the memory ends
   * before.
   */
  textLength(high: number, low: number, limit: number): number {
    let length = 0;
    const there = this.#walk(high, low, limit, (bytes, offset, count, done) => {
      if (length > 0) return;
      const nul = bytes.indexOf(0, offset);
      if (nul >= 0 && nul < offset + count) length = done + nul - offset + 1;
    });
    return length > 0 || there < limit ? length : limit;
  }

  /** The same in the other direction; writes nothing when not all of it is there. */
  write(high: number, low: number, size: number, from: Uint8Array, at: number): boolean {
    if (this.#walk(high, low, size, () => {}) < size) return false;
    this.#walk(high, low, size, (bytes, offset, length, done) => {
      bytes.set(from.subarray(at + done, at + done + length), offset);
    });
    return true;
  }

  #walk(
    high: number,
    low: number,
    size: number,
    visit: (bytes: Uint8Array, offset: number, length: number, done: number) => void,
  ): number {
    let index = this.#after(high, low) - 1;
    let done = 0;
    let range = this.#ranges[index];
    if (range === undefined) return 0;
    let offset = distance(high, low, range);
    while (done < size && range !== undefined && offset < range.bytes.length) {
      const length = Math.min(size - done, range.bytes.length - offset);
      visit(range.bytes, offset, length, done);
      done += length;
      const next: Range | undefined = this.#ranges[++index];
      if (next === undefined || distance(next.high, next.low, range) !== range.bytes.length) break;
      range = next;
      offset = 0;
    }
    return done;
  }

  /** Index of the first range that begins after an address. */
  #after(high: number, low: number): number {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const range = this.#ranges[middle]!;
      if (range.high < high || (range.high === high && range.low <= low)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Bytes from the start of a range to an address at or behind it; inexact where it is far away, which nobody asks. */
function distance(high: number, low: number, range: Range): number {
  return (high - range.high) * 2 ** 32 + (low - range.low);
}

const show = (address: bigint): string => `0x${address.toString(16)}`;
