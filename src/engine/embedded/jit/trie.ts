/** Lookups in tries of longest prefixes as WebAssembly: what `find` of maps/lpm-trie.ts does. */

import { LpmTrieMap } from "../maps/lpm-trie.ts";
import type { MapStore } from "../maps/store.ts";
import { Code } from "./code.ts";
import type { LookupCode } from "./lookup.ts";
import { writeSwap } from "./map-code.ts";
import { I32, OP, VOID } from "./wasm.ts";

/** Tries whose data is whole words, in memory of one thread; among threads the map's class looks whether a walk counts. */
export function isTrie(map: MapStore): map is LpmTrieMap {
  return map instanceof LpmTrieMap && !map.shared && map.keySize % 4 === 0;
}

// Bytes of a node: two children, its entry, the length of its prefix, its data.
const ENTRY = 8;
const PREFIX = 12;
const DATA = 16;

/** A function of (address of a key) to (address of the value, or 0). */
export function writeTrieLookup(map: LpmTrieMap): LookupCode {
  const { nodes, nodeSize, root } = map.layout;
  const { start, stride } = map.values;
  const bits = (map.keySize - 4) * 8;
  const out = new Code(256);
  const [key, length, link, node, prefix, known, found, at, word] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const base = nodes - nodeSize;

  out.get(key).load(OP.i32Load, 0).tee(length).i32(bits).op(OP.i32GtU, OP.if, VOID).i32(0).op(OP.return, OP.end);
  out.i32(0).load(OP.i32Load, root).set(link).i32(-1).set(known);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(link).op(OP.i32Eqz, OP.brIf, 1);
  out.get(link).i32(nodeSize).op(OP.i32Mul).i32(base).op(OP.i32Add).tee(node).load(OP.i32Load, PREFIX).set(prefix);
  out.get(prefix).get(length).op(OP.i32GtU, OP.brIf, 1);
  // Prefixes grow on the way down, unless a program spoilt them.
  out.get(prefix).get(known).op(OP.i32LeS, OP.brIf, 1);
  // A comparison of the bits of the prefix leaves the walk where one differs.
  if (bits === 32) writeWordComparison(out, key, node, prefix, word);
  else writeComparison(out, key, node, prefix, known, at, word);

  out.get(prefix).set(known);
  // Which nodes are entries nobody foresees: no branch.
  out.get(node).load(OP.i32Load, ENTRY).tee(word).get(found).get(word).op(OP.select).set(found);
  out.get(prefix).i32(bits).op(OP.i32Eq, OP.brIf, 1);
  // The child on the side of the bit behind the prefix.
  out.get(key).get(prefix).i32(3).op(OP.i32ShrU, OP.i32Add).load(OP.i32Load8U, 4);
  out.i32(7).get(prefix).i32(7).op(OP.i32And, OP.i32Sub, OP.i32ShrU).i32(1).op(OP.i32And).i32(2).op(OP.i32Shl);
  out.get(node).op(OP.i32Add).load(OP.i32Load, 0).set(link);
  out.op(OP.br, 0, OP.end, OP.end);

  out
    .get(found)
    .i32(stride)
    .op(OP.i32Mul)
    .i32(start - stride)
    .op(OP.i32Add)
    .i32(0)
    .get(found)
    .op(OP.select, OP.end);
  return { locals: [[8, I32]], code: out.finish() };
}

/** The whole data is one word. */
function writeWordComparison(out: Code, key: number, node: number, prefix: number, word: number): void {
  out.get(node).load(OP.i32Load, DATA).get(key).load(OP.i32Load, 4).op(OP.i32Xor);
  writeSwap(out, word);
  out.op(OP.i32Clz).get(prefix).op(OP.i32LtU, OP.brIf, 1);
}

/** Word by word, from that which holds the first bit that the parent did not have. */
function writeComparison(out: Code, key: number, node: number, prefix: number, known: number, at: number, word: number): void {
  out.get(known).i32(0).get(known).i32(0).op(OP.i32GtS, OP.select).i32(5).op(OP.i32ShrU).i32(2).op(OP.i32Shl).set(at);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(at).i32(3).op(OP.i32Shl).get(prefix).op(OP.i32GeU, OP.brIf, 1);
  out.get(node).get(at).op(OP.i32Add).load(OP.i32Load, DATA);
  out.get(key).get(at).op(OP.i32Add).load(OP.i32Load, 4).op(OP.i32Xor).tee(word).op(OP.if, VOID);
  out.get(word);
  writeSwap(out, word);
  out.op(OP.i32Clz).get(at).i32(3).op(OP.i32Shl, OP.i32Add).get(prefix).op(OP.i32LtU, OP.brIf, 4).op(OP.br, 2, OP.end);
  out.get(at).i32(4).op(OP.i32Add).set(at).op(OP.br, 0, OP.end, OP.end);
}
