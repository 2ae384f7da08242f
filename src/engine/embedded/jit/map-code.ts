/** Bits of WebAssembly that work on maps: hashing and comparing keys, where values are, copying. */

import type { MapStore } from "../maps/store.ts";
import type { Code } from "./code.ts";
import { MEMORY_COPY, MEMORY_FILL, OP } from "./wasm.ts";

// Of the threads proposal.
const I32_ATOMIC_LOAD = 0x10;
const WORD_ALIGNED = 2;

/** An i32 that other threads may write. */
export function atomicLoad(out: Code, offset: number): void {
  out.op(OP.atomic, I32_ATOMIC_LOAD, WORD_ALIGNED);
  out.unsigned(offset);
}

/** `#hash` of maps/hash.ts, into `hash`; a key of one word stays in `word`. */
export function writeHash(out: Code, keySize: number, secrets: Int32Array, key: number, hash: number, word: number): void {
  const words = keySize >>> 2;
  secrets.forEach((secret, lane) => {
    out.get(key);
    if (lane < words) out.load(OP.i32Load, lane * 4);
    else out.load(OP.i32Load8U, words * 3 + lane);
    if (keySize === 4) out.tee(word);
    out.i32(secret).op(OP.i32Xor);
    writeMix(out, lane === 0 ? hash : word);
    if (lane > 0) out.get(hash).get(word).op(OP.i32Xor).set(hash);
  });
}

/**
 * Short keys are compared by words of 32 bits, as programs mostly write them: a wider load of what was just written in parts waits for it
 * to reach memory.
 */
const SHORT_KEY = 16;

/** Leaves the block that is innermost unless the key at `node` + `offset` is that at `key`. */
export function writeCompare(out: Code, keySize: number, node: number, offset: number, key: number): void {
  for (let at = 0; at < keySize; ) {
    const left = keySize - at;
    const [size, load, differ] =
      left >= 8 && keySize > SHORT_KEY
        ? [8, OP.i64Load, OP.i64Ne]
        : left >= 4
          ? [4, OP.i32Load, OP.i32Ne]
          : [1, OP.i32Load8U, OP.i32Ne];
    out
      .get(node)
      .load(load, offset + at)
      .get(key)
      .load(load, at)
      .op(differ, OP.brIf, 0);
    at += size;
  }
}

/** The address of the value that belongs to a link. @param base of link 0. */
export function writeValueAddress(out: Code, map: MapStore, link: number, base: number, cpuGlobal: number): void {
  out.get(link).i32(map.values.stride).op(OP.i32Mul).i32(base).op(OP.i32Add);
  writeCpuOffset(map, out, cpuGlobal);
}

/** Adds what lies between the values of this CPU and those of the first. */
export function writeCpuOffset(map: MapStore, out: Code, cpuGlobal: number): void {
  if (map.slots === 1) return;
  out
    .op(OP.globalGet, cpuGlobal)
    .i32(map.elements * map.values.stride)
    .op(OP.i32Mul, OP.i32Add);
}

/** `mix` of maps/hash.ts: from the stack into `hash`. */
function writeMix(out: Code, hash: number): void {
  const shiftXor = (by: number): Code => out.tee(hash).get(hash).i32(by).op(OP.i32ShrU, OP.i32Xor);
  shiftXor(16)
    .i32(0x85eb_ca6b | 0)
    .op(OP.i32Mul);
  shiftXor(13)
    .i32(0xc2b2_ae35 | 0)
    .op(OP.i32Mul);
  shiftXor(16).set(hash);
}

/** Values that are longer are copied by an instruction for it. */
const LONGEST_COPY = 64;

/**
 * Copies bytes from the address in one local to that in another, as `MapStore.copy` does: by words from the first on, so that what
 * overlaps comes out alike.
 */
export function writeCopy(out: Code, to: number, from: number, size: number, offset = 0): void {
  if (size > LONGEST_COPY) {
    out.get(to);
    if (offset !== 0) out.i32(offset).op(OP.i32Add);
    out.get(from).i32(size).op(OP.bulk, MEMORY_COPY, 0, 0);
    return;
  }
  let at = 0;
  for (; at + 4 <= size; at += 4)
    out
      .get(to)
      .get(from)
      .load(OP.i32Load, at)
      .load(OP.i32Store, offset + at);
  for (; at < size; at++)
    out
      .get(to)
      .get(from)
      .load(OP.i32Load8U, at)
      .load(OP.i32Store8, offset + at);
}

/** Fills bytes from the address on the stack with zeroes. */
export function writeZeroes(out: Code, size: number): void {
  out.i32(0).i32(size).op(OP.bulk, MEMORY_FILL, 0);
}

/** The i32 on the stack with its bytes in the other order. @param word a local to use. */
export function writeSwap(out: Code, word: number): void {
  out.tee(word).i32(8).op(OP.i32Rotl).i32(0x00ff_00ff).op(OP.i32And);
  out
    .get(word)
    .i32(24)
    .op(OP.i32Rotl)
    .i32(0xff00_ff00 | 0)
    .op(OP.i32And, OP.i32Or);
}
