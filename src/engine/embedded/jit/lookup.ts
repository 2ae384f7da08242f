/**
 * Lookups in maps as WebAssembly: what `lookup` of the map's class does, with everything that is known of the one map written into
 * the code. The layout in memory is that of `maps/array.ts` and `maps/hash.ts`; these stay the only ones that change it.
 */

import { ArrayMap } from "../maps/array.ts";
import type { HashMap } from "../maps/hash.ts";
import { USED } from "../maps/lru-hash.ts";
import { type MapStore, REMOVALS } from "../maps/store.ts";
import { Code } from "./code.ts";
import { atomicLoad, writeCompare, writeCpuOffset, writeHash, writeValueAddress } from "./map-code.ts";
import { isTrie, writeTrieLookup } from "./trie.ts";
import { I32, OP, VOID } from "./wasm.ts";

export interface LookupCode {
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Uint8Array;
}

/** Longer keys are looked up by the map's class: comparing them costs more than getting there. */
const LONGEST_KEY = 64;

/** Kinds whose lookup is finding the key, and for some marking the entry as used or following it to the map that it is. */
const HASHES: ReadonlySet<string> = new Set([
  "hash",
  "percpu_hash",
  "devmap_hash",
  "lru_hash",
  "lru_percpu_hash",
  "hash_of_maps",
]);

/** Whether `writeArrayLookup` knows the map. */
export const isArray = (map: MapStore): boolean => map instanceof ArrayMap || map.type === "array_of_maps";

/** The address of a key is on the stack; then that of the value is, or 0. @param index an i32 local to use. */
export function writeArrayLookup(map: MapStore, out: Code, index: number, cpuGlobal: number): void {
  const { start, stride } = map.values;
  out.load(OP.i32Load, 0).tee(index).i32(stride).op(OP.i32Mul).i32(start).op(OP.i32Add);
  writeCpuOffset(map, out, cpuGlobal);
  out.i32(0).get(index).i32(map.maxEntries).op(OP.i32LtU, OP.select);
  // At the null address there is a zero.
  if (map.type === "array_of_maps") out.load(OP.i32Load, 0);
}

/** Whether `writeLookup` knows the map. */
export function hasLookup(map: MapStore): boolean {
  return isHash(map) || isTrie(map);
}

export function isHash(map: MapStore): map is HashMap {
  return HASHES.has(map.type) && map.keySize <= LONGEST_KEY;
}

/** Whether there must be an import for lookups: generated code that lost a race against other threads asks the map's class. */
export const importsLookup = (map: MapStore): boolean => !isArray(map) && (map.shared || !hasLookup(map));

/**
 * A function of (address of a key) to (address of the value, or 0); null for maps that have none.
 * @param slow index of the import that looks up, where threads share the map.
 */
export function writeLookup(map: MapStore, cpuGlobal: number, slow: number | undefined): LookupCode | null {
  if (isTrie(map)) return writeTrieLookup(map);
  if (!isHash(map)) return null;
  return map.shared && slow !== undefined ? writeSharedLookup(map, cpuGlobal, slow) : writeOwnLookup(map, cpuGlobal);
}

/** As `#findAmongThreads` of maps/hash.ts; what it would try again goes there. */
function writeSharedLookup(map: HashMap, cpuGlobal: number, slow: number): LookupCode {
  const { buckets, mask, nodes, nodeSize, keyOffset, secrets } = map.layout;
  const { start, stride } = map.values;
  const out = new Code(512);
  const [key, hash, next, node, word, removals, left] = [0, 1, 2, 3, 4, 5, 6];
  const base = nodes - nodeSize;
  const removalsAt = map.handle + REMOVALS * 4;
  const bit31 = 0x8000_0000 | 0;

  writeHash(out, map.keySize, secrets, key, hash, word);
  out.i32(0);
  atomicLoad(out, removalsAt);
  out.set(removals).i32(map.elements).set(left);
  out.get(hash).i32(mask).op(OP.i32And).i32(2).op(OP.i32Shl);
  atomicLoad(out, buckets);
  out.set(next).get(hash).i32(bit31).op(OP.i32Or).set(hash);

  /** Leaves the block that is innermost unless the node's hash is the key's. */
  const sameHash = (): void => {
    out.get(node);
    atomicLoad(out, base + 4);
    out.get(hash).op(OP.i32Ne, OP.brIf, 0);
  };
  out.op(OP.block, VOID, OP.block, VOID, OP.loop, VOID);
  out.get(next).op(OP.i32Eqz, OP.brIf, 1);
  // Round and round: a chain that changes under the reader.
  out.get(left).op(OP.i32Eqz, OP.brIf, 2).get(left).i32(1).op(OP.i32Sub).set(left);
  out.get(next).i32(nodeSize).op(OP.i32Mul).set(node);
  out.op(OP.block, VOID);
  sameHash();
  writeCompare(out, map.keySize, node, base + keyOffset, key);
  sameHash();
  writeFound(out, map, node, base);
  writeValueAddress(out, map, next, start - stride, cpuGlobal);
  if (map.type === "hash_of_maps") out.load(OP.i32Load, 0);
  out.op(OP.return, OP.end);
  out.get(node);
  atomicLoad(out, base);
  out.set(next).op(OP.br, 0, OP.end, OP.end);
  out.i32(0).i32(0);
  atomicLoad(out, removalsAt);
  out.get(removals).op(OP.i32Eq, OP.brIf, 1, OP.drop, OP.end);
  out.get(key).op(OP.call);
  out.unsigned(slow);
  out.op(OP.end);
  return { locals: [[6, I32]], code: out.finish() };
}

function writeOwnLookup(map: HashMap, cpuGlobal: number): LookupCode {
  const { buckets, mask, nodes, nodeSize, keyOffset, secrets } = map.layout;
  const { keySize } = map;
  const { start, stride } = map.values;
  const out = new Code(256);
  const [key, hash, next, node, word, left] = [0, 1, 2, 3, 4, 5];
  /** Links count from 1. */
  const base = nodes - nodeSize;

  writeHash(out, keySize, secrets, key, hash, word);
  out.get(hash).i32(mask).op(OP.i32And).i32(2).op(OP.i32Shl).load(OP.i32Load, buckets).set(next);
  if (keySize !== 4 && keySize !== 8)
    out
      .get(hash)
      .i32(0x8000_0000 | 0)
      .op(OP.i32Or)
      .set(hash);

  out.i32(map.elements).set(left);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(next).op(OP.i32Eqz, OP.brIf, 1);
  out.get(next).i32(nodeSize).op(OP.i32Mul).set(node);
  out.op(OP.block, VOID);
  if (keySize === 4)
    out
      .get(node)
      .load(OP.i32Load, base + keyOffset)
      .get(word)
      .op(OP.i32Ne, OP.brIf, 0);
  else {
    if (keySize !== 8)
      out
        .get(node)
        .load(OP.i32Load, base + 4)
        .get(hash)
        .op(OP.i32Ne, OP.brIf, 0);
    writeCompare(out, keySize, node, base + keyOffset, key);
  }
  writeFound(out, map, node, base);
  writeValueAddress(out, map, next, start - stride, cpuGlobal);
  if (map.type === "hash_of_maps") out.load(OP.i32Load, 0);
  out.op(OP.return, OP.end);
  out.get(node).load(OP.i32Load, base).set(next);
  // A chain that a program spoilt may lead round and round.
  out.get(left).i32(1).op(OP.i32Sub).tee(left).op(OP.brIf, 0);
  out.op(OP.end, OP.end);
  out.i32(0).op(OP.end);
  return { locals: [[5, I32]], code: out.finish() };
}

/** The node of a key was found: least recently used kinds mark it, unless it is marked. */
function writeFound(out: Code, map: HashMap, node: number, base: number): void {
  if (!map.type.startsWith("lru")) return;
  const used = base + USED * 4;
  out.get(node).load(OP.i32Load, used).op(OP.i32Eqz, OP.if, VOID);
  out.get(node).i32(1).load(OP.i32Store, used).op(OP.end);
}
