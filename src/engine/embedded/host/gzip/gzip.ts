/**
 * Decompresses gzip, RFC 1952, piece by piece in constant memory.
 *
 * Why not the platform's `DecompressionStream`: of a file that is cut off it throws away output that it had already made
 * (Node 24: the last 12 KB of one test), and it refuses a file of several members, which is what `cat a.gz b.gz` makes.
 */

import { CaptureError } from "../capture.ts";
import { crc32 } from "./crc32.ts";
import { Inflate, InflateError } from "./inflate.ts";

export const GZIP_MAGIC_LENGTH = 4;

/** Pieces of the source are taken in at most this size, so that one piece never becomes more than 64 MiB of output at once. */
const PIECE = 65_536;

/** Longest member header that is believed: its extra field has at most 64 KiB, the file name and comment here 4 KiB. */
const MAX_HEADER = 65_536 + 4096;

const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

/** The compressed file ended before its data did. Thrown after everything that could be decompressed was given out. */
export class GzipCutOff extends Error {
  override readonly name = "GzipCutOff";
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && (head.length < 3 || head[2] === 8);
}

/** @throws CaptureError at damage, GzipCutOff at an early end: both after all output before that place. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const members = new Members();
  for await (const whole of source) {
    for (let at = 0; at < whole.length; at += PIECE) {
      members.inflate.feed(whole.subarray(at, at + PIECE));
      yield* members.output();
    }
  }
  members.inflate.end();
  yield* members.output();
  if (!members.whole) throw new GzipCutOff("its gzip data ends too early");
}

/** The members of a gzip file, one after the other: header, deflate data, checksum and length. */
class Members {
  readonly inflate = new Inflate();
  #state: "header" | "data" | "trailer" | "rest" = "header";
  #first = true;
  #crc = 0;
  #length = 0;

  /** Whether the file may end here. */
  get whole(): boolean {
    return this.#state === "rest" || (this.#state === "header" && !this.#first && this.inflate.available === 0);
  }

  /** Everything that the input so far makes possible. */
  *output(): Generator<Uint8Array, void, undefined> {
    const inflate = this.inflate;
    for (;;) {
      if (this.#state === "header") {
        if (!this.#header()) return;
      } else if (this.#state === "data") {
        let piece: Uint8Array | null;
        try {
          piece = inflate.read();
        } catch (error) {
          throw error instanceof InflateError ? damaged(error.message) : error;
        }
        if (piece !== null) {
          this.#crc = crc32(this.#crc, piece);
          this.#length = (this.#length + piece.length) >>> 0;
          yield piece;
        } else if (inflate.finished) {
          inflate.alignToByte();
          this.#state = "trailer";
        } else {
          return;
        }
      } else if (this.#state === "trailer") {
        if (inflate.available < 8) return;
        const crc = inflate.u32(0);
        const length = inflate.u32(4);
        if (crc !== this.#crc || length !== this.#length) throw damaged("its checksum does not fit its contents");
        inflate.skip(8);
        this.#state = "header";
      } else {
        return;
      }
    }
  }

  /** Passes over a member's header; false when it is not whole yet. */
  #header(): boolean {
    const inflate = this.inflate;
    if (inflate.available < 10) {
      if (!this.#first && inflate.available > 0 && inflate.ended) this.#state = "rest";
      return false;
    }
    if (inflate.byte(0) !== 0x1f || inflate.byte(1) !== 0x8b || inflate.byte(2) !== 8) {
      if (this.#first) throw damaged("its compression method is not deflate");
      this.#state = "rest"; // padding or junk after the last member, which gzip ignores too
      return false;
    }
    const flags = inflate.byte(3);
    let at = 10;
    if (flags & FLAG_EXTRA) at += inflate.available < 12 ? 2 : 2 + inflate.byte(10) + inflate.byte(11) * 256;
    for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
      if ((flags & flag) === 0) continue;
      while (at < inflate.available && inflate.byte(at) !== 0) at++;
      at++;
    }
    if (flags & FLAG_HEADER_CRC) at += 2;
    if (at > MAX_HEADER) throw damaged(`a header of more than ${MAX_HEADER} bytes`);
    if (at > inflate.available) return false;
    inflate.skip(at);
    inflate.restart();
    this.#first = false;
    this.#crc = 0;
    this.#length = 0;
    this.#state = "data";
    return true;
  }
}

function damaged(what: string): CaptureError {
  return new CaptureError(0, `damaged gzip: ${what}`);
}
