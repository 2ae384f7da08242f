/**
 * Decompresses deflate, RFC 1951, from input that comes in pieces. `feed` gives input, `read` takes output; what is decoded
 * is given out before damage behind it is reported.
 *
 * Input is read at a bit position in one buffer. A symbol is only begun when its longest form is certain to be there, so
 * there is no half-decoded state to remember between two pieces.
 */

import { type Codes, fixedCodes, InflateError, makeCodes } from "./huffman.ts";

export { InflateError } from "./huffman.ts";

/** How far back a match may reach. */
const WINDOW = 32_768;
/** Output made before it is given out. */
const OUTPUT = 65_536;
const LONGEST_MATCH = 258;
/** Most bits that a literal, or a match with its distance, takes: 15 + 5 + 15 + 13. */
const LONGEST_SYMBOL = 48;
/** Most bits that a block's header takes: 3 + 14 + 19 * 3 + 316 * (7 + 7). */
const LONGEST_BLOCK_HEADER = 4498;
/** Zero bytes behind the input, so that looking at three bytes at once never leaves the buffer. */
const PADDING = 8;

/** RFC 1951 §3.2.5: bases and extra bits of the length symbols from 257 on, and of the distance symbols. */
const LENGTH_EXTRA = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0);
const LENGTH_BASE = basesOf(LENGTH_EXTRA, 3);
LENGTH_BASE[28] = LONGEST_MATCH;
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));
const DISTANCE_BASE = basesOf(DISTANCE_EXTRA, 1);

/** §3.2.7: the order in which lengths of the code length codes are stored. */
const CODE_LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

export class Inflate {
  #input = new Uint8Array(PADDING);
  /** Next bit, and the end of the input, in bits. */
  #bit = 0;
  #bits = 0;
  #ended = false;

  /** Output: `WINDOW` bytes of history, then what was not given out yet. */
  #output = new Uint8Array(WINDOW + OUTPUT);
  #position = WINDOW;
  /** Where in `#output` the data began: a match must not reach before it. 0 once it has moved out. */
  #origin = WINDOW;

  #state: "block" | "stored" | "codes" | "finished" = "block";
  #lastBlock = false;
  #storedLeft = 0;
  #literals: Codes = { table: new Uint16Array(1), mask: 0 };
  #distances: Codes = this.#literals;
  #error: InflateError | null = null;

  /** Whether the last block was read to its end. */
  get finished(): boolean {
    return this.#state === "finished" && this.#position === WINDOW;
  }

  get ended(): boolean {
    return this.#ended;
  }

  // ── input, also for what stands before and behind the deflate data ──

  feed(piece: Uint8Array): void {
    const used = this.#bit >>> 3;
    const left = (this.#bits >>> 3) - used;
    const input = new Uint8Array(left + piece.length + PADDING);
    input.set(this.#input.subarray(used, used + left));
    input.set(piece, left);
    this.#input = input;
    this.#bit &= 7;
    this.#bits = (left + piece.length) * 8;
  }

  /** There will be no more input. */
  end(): void {
    this.#ended = true;
  }

  /** Whole bytes of input not used up. */
  get available(): number {
    return (this.#bits - this.#bit) >>> 3;
  }

  byte(index: number): number {
    return this.#input[(this.#bit >>> 3) + index]!;
  }

  u32(index: number): number {
    return (this.byte(index) | (this.byte(index + 1) << 8) | (this.byte(index + 2) << 16) | (this.byte(index + 3) << 24)) >>> 0;
  }

  skip(count: number): void {
    this.#bit += count * 8;
  }

  alignToByte(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }

  /** New deflate data begins here. */
  restart(): void {
    this.#state = "block";
    this.#position = WINDOW;
    this.#origin = WINDOW;
  }

  // ── output ──

  /**
   * The next piece of output, which nobody will write to any more; null when more input is needed, or all was given out.
   * @throws InflateError at damage.
   */
  read(): Uint8Array | null {
    if (this.#error === null) {
      try {
        this.#decode();
      } catch (error) {
        if (!(error instanceof InflateError)) throw error;
        this.#error = error;
      }
    }
    if (this.#position > WINDOW) return this.#flush();
    if (this.#error !== null) throw this.#error;
    return null;
  }

  #flush(): Uint8Array {
    const piece = this.#output.subarray(WINDOW, this.#position);
    const next = new Uint8Array(WINDOW + OUTPUT);
    next.set(this.#output.subarray(piece.length, this.#position)); // the last WINDOW bytes
    this.#origin = Math.max(0, this.#origin - piece.length);
    this.#output = next;
    this.#position = WINDOW;
    return piece;
  }

  /** Decodes until the output is full or the input is used up. */
  #decode(): void {
    for (;;) {
      if (this.#state === "block") {
        if (this.#lacks(LONGEST_BLOCK_HEADER) || !this.#blockHeader()) return;
      } else if (this.#state === "stored") {
        if (!this.#stored()) return;
      } else if (this.#state === "codes") {
        if (!this.#symbols()) return;
      } else {
        return;
      }
    }
  }

  /** Whether something that may take so many bits must wait for more input. */
  #lacks(bits: number): boolean {
    return !this.#ended && this.#bits - this.#bit < bits;
  }

  #take(count: number): number {
    const value = peek(this.#input, this.#bit) & ((1 << count) - 1);
    this.#bit += count;
    return value;
  }

  #blockEnd(): void {
    this.#state = this.#lastBlock ? "finished" : "block";
  }

  /** False when the input ends within it. */
  #blockHeader(): boolean {
    const before = this.#bit;
    const last = this.#take(1) === 1;
    const type = this.#take(2);
    if (type === 0) {
      this.alignToByte();
      if (this.#bits - this.#bit < 32) {
        this.#bit = before;
        return false;
      }
      const length = this.byte(0) | (this.byte(1) << 8);
      const complement = this.byte(2) | (this.byte(3) << 8);
      if (length !== (~complement & 0xffff)) throw new InflateError("a stored block contradicts its length");
      this.skip(4);
      this.#storedLeft = length;
      this.#state = "stored";
    } else if (type === 1) {
      const { literals, distances } = fixedCodes();
      this.#literals = literals;
      this.#distances = distances;
      this.#state = "codes";
    } else if (type === 2) {
      if (!this.#dynamicCodes()) {
        this.#bit = before;
        return false;
      }
      this.#state = "codes";
    } else {
      throw new InflateError("a block of unknown type");
    }
    this.#lastBlock = last;
    return true;
  }

  /** RFC 1951 §3.2.7. False when the input ends within it. */
  #dynamicCodes(): boolean {
    const literalCount = this.#take(5) + 257;
    const distanceCount = this.#take(5) + 1;
    const lengthCount = this.#take(4) + 4;
    const ofLengths = new Uint8Array(19);
    for (let index = 0; index < lengthCount; index++) ofLengths[CODE_LENGTH_ORDER[index]!] = this.#take(3);
    if (this.#bit > this.#bits) return false;
    if (literalCount > 286 || distanceCount > 30) throw new InflateError("more codes than there are symbols");
    const { table, mask } = makeCodes(ofLengths, false);
    const lengths = new Uint8Array(literalCount + distanceCount);
    for (let index = 0; index < lengths.length; ) {
      if (this.#bit > this.#bits) return false;
      const entry = table[peek(this.#input, this.#bit) & mask]!;
      if (entry === 0) throw new InflateError("a code that does not exist");
      this.#bit += entry & 15;
      const symbol = entry >>> 4;
      if (symbol < 16) {
        lengths[index++] = symbol;
        continue;
      }
      if (symbol === 16 && index === 0) throw new InflateError("a repetition of nothing");
      const value = symbol === 16 ? lengths[index - 1]! : 0;
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (index + times > lengths.length) throw new InflateError("more code lengths than announced");
      lengths.fill(value, index, index + times);
      index += times;
    }
    if (this.#bit > this.#bits) return false;
    if (lengths[256] === 0) throw new InflateError("a block without an end");
    this.#literals = makeCodes(lengths.subarray(0, literalCount), true);
    this.#distances = makeCodes(lengths.subarray(literalCount), true);
    return true;
  }

  /** False when the output is full or the input used up. */
  #stored(): boolean {
    const count = Math.min(this.#storedLeft, this.available, this.#output.length - this.#position);
    const from = this.#bit >>> 3;
    this.#output.set(this.#input.subarray(from, from + count), this.#position);
    this.#position += count;
    this.#bit += count * 8;
    this.#storedLeft -= count;
    if (this.#storedLeft > 0) return false;
    this.#blockEnd();
    return true;
  }

  /** The hot loop. False when the output is full or the input used up. */
  #symbols(): boolean {
    const input = this.#input;
    const output = this.#output;
    const { table: literals, mask: literalMask } = this.#literals;
    const { table: distances, mask: distanceMask } = this.#distances;
    // At the very end symbols are shorter than the longest: then each is checked, behind the loop's condition.
    const lastStart = this.#ended ? this.#bits - 1 : this.#bits - LONGEST_SYMBOL;
    const lastPosition = output.length - LONGEST_MATCH;
    let position = this.#position;
    let bit = this.#bit;
    let ended = false;
    while (bit <= lastStart && position <= lastPosition) {
      const entry = literals[peek(input, bit) & literalMask]!;
      let next = bit + (entry & 15);
      const symbol = entry >>> 4;
      if (next > this.#bits) break;
      if (entry === 0 || symbol > 285) {
        this.#position = position; // 286 and 287 have fixed codes, and no meaning (RFC 1951 §3.2.6)
        throw new InflateError("a code that does not exist");
      }
      if (symbol < 256) {
        output[position++] = symbol;
        bit = next;
        continue;
      }
      if (symbol === 256) {
        bit = next;
        ended = true;
        break;
      }
      const lengthSymbol = symbol - 257;
      const lengthExtra = LENGTH_EXTRA[lengthSymbol]!;
      const length = LENGTH_BASE[lengthSymbol]! + (peek(input, next) & ((1 << lengthExtra) - 1));
      next += lengthExtra;
      const distanceEntry = distances[peek(input, next) & distanceMask]!;
      next += distanceEntry & 15;
      const distanceSymbol = distanceEntry >>> 4;
      if ((distanceEntry === 0 || distanceSymbol > 29) && next <= this.#bits) {
        this.#position = position;
        throw new InflateError("a code that does not exist");
      }
      const distanceExtra = DISTANCE_EXTRA[distanceSymbol] ?? 0;
      const distance = (DISTANCE_BASE[distanceSymbol] ?? 0) + (peek(input, next) & ((1 << distanceExtra) - 1));
      next += distanceExtra;
      if (next > this.#bits) break;
      let from = position - distance;
      if (from < this.#origin) {
        this.#position = position;
        throw new InflateError("a match that reaches before the beginning");
      }
      for (const end = position + length; position < end; ) output[position++] = output[from++]!;
      bit = next;
    }
    this.#position = position;
    this.#bit = bit;
    if (ended) this.#blockEnd();
    return ended;
  }
}

/** At least 17 bits from a bit position on. */
function peek(input: Uint8Array, bit: number): number {
  const at = bit >>> 3;
  return (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)) >>> (bit & 7);
}

function basesOf(extra: Uint8Array, first: number): Uint16Array {
  const bases = new Uint16Array(extra.length);
  let base = first;
  for (let symbol = 0; symbol < extra.length; symbol++) {
    bases[symbol] = base;
    base += 1 << extra[symbol]!;
  }
  return bases;
}
