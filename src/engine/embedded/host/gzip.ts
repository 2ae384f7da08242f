/**
 * Decompresses gzip, RFC 1952, piece by piece in constant memory, by pako (zlib in JavaScript).
 *
 * Why not the platform's `DecompressionStream`: of a file that is cut off it throws away output that it had already made
 * (Node 24: the last 12 KB of one test), and it refuses a file of several members, which is what `cat a.gz b.gz` makes.
 */

import { CaptureError } from "./capture.ts";

export const GZIP_MAGIC_LENGTH = 4;

/** zlib's window bits for a gzip wrapper and the largest window. */
const GZIP_WINDOW = 15 + 16;

/** Most bytes of output that exist at once. */
const OUTPUT = 65_536;

/** The compressed file ended before its data did. Thrown after everything that could be decompressed was given out. */
export class GzipCutOff extends Error {
  override readonly name = "GzipCutOff";
}

/** Within a member; between two; behind the last, where padding and junk are ignored, as gzip does. */
type Place = "member" | "between" | "rest";

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && (head.length < 3 || head[2] === 8);
}

/** @throws CaptureError at damage, GzipCutOff at an early end: both after all output before that place. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // Loaded when there is something compressed: most captures are not.
  const { Z_DATA_ERROR, Z_STREAM_END, Z_SYNC_FLUSH, ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset } = await import(
    "pako"
  );
  const stream = new ZStream();
  zlibInflateInit2(stream, GZIP_WINDOW);
  let place: Place = "member" as Place;
  let first = true;
  for await (const piece of source) {
    stream.input = piece;
    stream.next_in = 0;
    stream.avail_in = piece.length;
    while (place !== "rest" && stream.avail_in > 0) {
      if (place === "between") {
        if (piece[stream.next_in] !== 0x1f) {
          place = "rest";
          break;
        }
        zlibInflateReset(stream);
        place = "member";
        first = false;
      }
      let full = true;
      // A full output buffer may mean that there is more to come without any further input.
      while (full && place === "member") {
        const output = new Uint8Array(OUTPUT);
        stream.output = output;
        stream.next_out = 0;
        stream.avail_out = OUTPUT;
        const status = zlibInflate(stream, Z_SYNC_FLUSH);
        if (stream.next_out > 0) yield output.subarray(0, stream.next_out);
        full = stream.avail_out === 0;
        if (status === Z_STREAM_END) place = "between";
        else if (status === Z_DATA_ERROR && !first && stream.total_out === 0) place = "rest";
        else if (status === Z_DATA_ERROR || (status < 0 && stream.avail_in > 0)) throw damaged(stream.msg);
      }
    }
  }
  if (place === "member") throw new GzipCutOff("its gzip data ends too early");
}

function damaged(what: string): CaptureError {
  return new CaptureError(0, `damaged gzip: ${what}`);
}
