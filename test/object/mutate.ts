/**
 * Damage for object files: what a disk, a network or an attacker does. Reproducible by seed, so that a failure can be
 * looked at again.
 */

import { BtfError } from "../../src/btf/errors.ts";
import { ObjectError } from "../../src/object/errors.ts";
import { readObject } from "../../src/object/read.ts";

/** A small generator of uniform 32-bit numbers (Mulberry32, by Tommy Ettinger, public domain). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
}

/** A damaged copy: bits, bytes and words changed, most of them where tables are; ranges moved; the end cut off. */
export function mutate(original: Uint8Array, seed: number): Uint8Array {
  const next = random(seed);
  const below = (limit: number) => (limit === 0 ? 0 : next() % limit);
  let bytes = original.slice();
  const view = new DataView(bytes.buffer);
  const headers = Number(view.getBigUint64(40, bytes[5] === 1));
  const interesting = () => {
    const values = [
      0,
      1,
      2,
      7,
      8,
      0x7f,
      0xff,
      0x7fff,
      0xfff1,
      0xffff,
      0x7fffffff,
      0x80000000,
      0xffffffff,
      bytes.length,
      bytes.length - 1,
      headers,
    ];
    return values[below(values.length)]!;
  };
  const somewhere = () => {
    const kind = below(4);
    if (kind === 0) return below(64);
    if (kind === 1 && headers < bytes.length) return headers + below(bytes.length - headers);
    return below(bytes.length);
  };
  for (let count = 1 + below(6); count > 0; count--) {
    const at = somewhere();
    switch (below(7)) {
      case 0:
        bytes[at]! ^= 1 << below(8);
        break;
      case 1:
        bytes[at] = next() & 0xff;
        break;
      case 2:
      case 3: {
        const aligned = Math.min(at & ~3, bytes.length - 4);
        view.setUint32(aligned, interesting(), bytes[5] === 1);
        break;
      }
      case 4: {
        // A word that is nearly right.
        const aligned = Math.min(at & ~3, bytes.length - 4);
        view.setUint32(aligned, view.getUint32(aligned, bytes[5] === 1) + below(9) - 4, bytes[5] === 1);
        break;
      }
      case 5:
        bytes.copyWithin(at, somewhere(), somewhere());
        break;
      default:
        bytes.fill(below(2) * 0xff, at, at + below(64));
    }
  }
  if (below(8) === 0) bytes = bytes.slice(0, below(bytes.length));
  return bytes;
}

/** Reads a damaged file: fine, refused, or what is wrong with the reader. Milliseconds beside. */
export function attempt(bytes: Uint8Array): {
  readonly outcome: "read" | "refused" | "wrong";
  readonly error?: unknown;
  readonly time: number;
} {
  const start = performance.now();
  try {
    readObject(bytes);
    return { outcome: "read", time: performance.now() - start };
  } catch (error) {
    const expected = error instanceof ObjectError || error instanceof BtfError;
    const isLine = error instanceof Error && !error.message.includes("\n");
    return { outcome: expected && isLine ? "refused" : "wrong", error, time: performance.now() - start };
  }
}
