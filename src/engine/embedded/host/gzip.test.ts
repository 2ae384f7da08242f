import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { constants, crc32, gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { CaptureError } from "./capture.ts";
import { inPieces } from "./fixtures/collect.ts";
import { GzipCutOff, gunzip } from "./gzip.ts";

/** What comes out, and how it ended. */
async function unpack(
  bytes: Uint8Array,
  pieces: readonly number[] = [bytes.length],
): Promise<{ output: Buffer; error: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of gunzip(inPieces(bytes, pieces))) parts.push(part);
    return { output: Buffer.concat(parts), error: null };
  } catch (error) {
    return { output: Buffer.concat(parts), error };
  }
}

/** Bytes with something to compress, and more of them than the window of deflate is wide. */
function sample(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = seed; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 28 < 6 ? state >>> 24 : (bytes[at - ((state >>> 16) % 40_000)] ?? 65);
  }
  return bytes;
}

describe("gzip", () => {
  it("gives what zlib packed, at every level and strategy, in pieces of any length", async () => {
    const original = sample(200_000);
    for (const level of [0, 1, 6, 9]) {
      for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE]) {
        const packed = gzipSync(original, { level, strategy });
        for (const pieces of [[packed.length], [1000, 1, 77]]) {
          const { output, error } = await unpack(packed, pieces);
          assert.equal(error, null);
          assert(output.equals(original), `level ${level}, strategy ${strategy}`);
        }
      }
    }
  });

  it("gives what zlib packed, whatever it was", async () => {
    const repetitive = fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 300 })), { maxLength: 20 })
      .map((runs) => Buffer.concat(runs.flatMap(([run, times]) => Array.from({ length: times }, () => run))));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array(), repetitive),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        async (original, pieces) => {
          const { output, error } = await unpack(gzipSync(original), pieces);
          assert.equal(error, null);
          assert(output.equals(original));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads the optional fields of a header over, and members behind each other, and ignores junk behind them", async () => {
    const plain = gzipSync("hello");
    const fields = Buffer.from([
      0x1f,
      0x8b,
      8,
      2 + 4 + 8 + 16,
      0,
      0,
      0,
      0,
      0,
      3,
      3,
      0,
      1,
      2,
      3,
      ...Buffer.from("name\0comment\0"),
    ]);
    const header = Buffer.concat(
      [fields, Uint16Array.of(crc32(fields))].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
    );
    const full = Buffer.concat([header, plain.subarray(10)]);
    for (const [bytes, expected] of [
      [full, "hello"],
      [Buffer.concat([full, plain]), "hellohello"],
      [Buffer.concat([plain, Buffer.alloc(100)]), "hello"],
      [Buffer.concat([plain, Buffer.from("xyz")]), "hello"],
    ] as const) {
      for (const pieces of [[1], [bytes.length]]) {
        const { output, error } = await unpack(bytes, pieces);
        assert.equal(error, null);
        assert.equal(output.toString(), expected);
      }
    }
  });

  it("gives of a file that is cut off all that zlib can make of it, and says so", async () => {
    const packed = gzipSync(Buffer.concat([sample(300), Buffer.alloc(300, 7), sample(500, 3)]));
    for (let length = 18; length < packed.length; length++) {
      const cut = packed.subarray(0, length);
      const { output, error } = await unpack(cut, [64]);
      assert(error instanceof GzipCutOff);
      assert(output.equals(gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH })), `${length} bytes`);
    }
  });

  it("notices damage", async () => {
    const packed = gzipSync(sample(1000));
    const broken = Buffer.from(packed);
    broken[packed.length - 6]! ^= 1;
    const { output, error } = await unpack(broken);
    assert(output.equals(sample(1000)));
    assert(error instanceof CaptureError);
    assert.match(error.message, /damaged gzip: incorrect data check/);
  });

  it("accepts of damaged files only what zlib accepts", async () => {
    const packed = gzipSync(sample(2000));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: packed.length - 9 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const broken = Buffer.from(packed);
        broken[at]! ^= change;
        const { output, error } = await unpack(broken, [100]);
        assert(error !== null || output.equals(gunzipSync(broken)));
        assert(error === null || error instanceof CaptureError || error instanceof GzipCutOff, String(error));
      }),
      { numRuns: 500 },
    );
  });

  it("gives a bomb out in pieces, and never holds much of it", async () => {
    const bomb = gzipSync(Buffer.alloc(50 << 20));
    let length = 0;
    let largest = 0;
    for await (const piece of gunzip(inPieces(bomb, [bomb.length]))) {
      length += piece.length;
      largest = Math.max(largest, piece.length);
    }
    assert.equal(length, 50 << 20);
    assert(largest <= 65_536);
  });
});
