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

// Locals: the parameter, then those of the function.
const [KEY, LENGTH, LINK, NODE, PREFIX_NOW, KNOWN, FOUND, AT, WORD, DATA_WORD] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A function of (address of a key) to (address of the value, or 0). */
export function writeTrieLookup(map: LpmTrieMap): LookupCode {
  const { root, shortcuts, shortcutBits, short } = map.layout;
  const { start, stride } = map.values;
  const bits = (map.keySize - 4) * 8;
  const out = new Code(512);

  out.get(KEY).load(OP.i32Load, 0).tee(LENGTH).i32(bits).op(OP.i32GtU, OP.if, VOID).i32(0).op(OP.return, OP.end);
  out.get(KEY).load(OP.i32Load, 4);
  writeSwap(out, WORD);
  out.set(DATA_WORD);
  out.op(OP.block, VOID);
  if (shortcutBits !== 0) {
    out.get(LENGTH).i32(shortcutBits).op(OP.i32GeU, OP.if, VOID);
    out
      .get(DATA_WORD)
      .i32(32 - shortcutBits)
      .op(OP.i32ShrU)
      .i32(2)
      .op(OP.i32Shl)
      .load(OP.i32Load, shortcuts)
      .set(LINK);
    writeWalk(out, map);
    out.get(FOUND).op(OP.brIf, 1, OP.end);
    out.i32(0).load(OP.i32Load, short).op(OP.i32Eqz, OP.brIf, 0);
  }
  out.i32(0).load(OP.i32Load, root).set(LINK);
  writeWalk(out, map);
  out.op(OP.end);

  out
    .get(FOUND)
    .i32(stride)
    .op(OP.i32Mul)
    .i32(start - stride)
    .op(OP.i32Add)
    .i32(0)
    .get(FOUND)
    .op(OP.select, OP.end);
  return { locals: [[9, I32]], code: out.finish() };
}

/** From the node of `LINK` down; `FOUND`, which is 0 before, becomes the entry of the longest prefix. */
function writeWalk(out: Code, map: LpmTrieMap): void {
  const { nodes, nodeSize } = map.layout;
  const bits = (map.keySize - 4) * 8;
  out.i32(-1).set(KNOWN);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(LINK).op(OP.i32Eqz, OP.brIf, 1);
  out
    .get(LINK)
    .i32(nodeSize)
    .op(OP.i32Mul)
    .i32(nodes - nodeSize)
    .op(OP.i32Add)
    .tee(NODE)
    .load(OP.i32Load, PREFIX)
    .set(PREFIX_NOW);
  out.get(PREFIX_NOW).get(LENGTH).op(OP.i32GtU, OP.brIf, 1);
  // Prefixes grow on the way down, unless a program spoilt them.
  out.get(PREFIX_NOW).get(KNOWN).op(OP.i32LeS, OP.brIf, 1);
  // A comparison of the bits of the prefix leaves the walk where one differs.
  if (bits === 32) writeWordComparison(out);
  else writeComparison(out);

  out.get(PREFIX_NOW).set(KNOWN);
  // Which nodes are entries nobody foresees: no branch.
  out.get(NODE).load(OP.i32Load, ENTRY).tee(WORD).get(FOUND).get(WORD).op(OP.select).set(FOUND);
  out.get(PREFIX_NOW).i32(bits).op(OP.i32Eq, OP.brIf, 1);
  // The child on the side of the bit behind the prefix.
  if (bits === 32) out.get(DATA_WORD).get(PREFIX_NOW).op(OP.i32Shl).i32(31).op(OP.i32ShrU);
  else {
    out.get(KEY).get(PREFIX_NOW).i32(3).op(OP.i32ShrU, OP.i32Add).load(OP.i32Load8U, 4);
    out.i32(7).get(PREFIX_NOW).i32(7).op(OP.i32And, OP.i32Sub, OP.i32ShrU).i32(1).op(OP.i32And);
  }
  out.i32(2).op(OP.i32Shl).get(NODE).op(OP.i32Add).load(OP.i32Load, 0).set(LINK);
  out.op(OP.br, 0, OP.end, OP.end);
}

/** The whole data is one word. */
function writeWordComparison(out: Code): void {
  out.get(NODE).load(OP.i32Load, DATA);
  writeSwap(out, WORD);
  out.get(DATA_WORD).op(OP.i32Xor, OP.i32Clz).get(PREFIX_NOW).op(OP.i32LtU, OP.brIf, 1);
}

/** Word by word, from that which holds the first bit that the parent did not have. */
function writeComparison(out: Code): void {
  out.get(KNOWN).i32(0).get(KNOWN).i32(0).op(OP.i32GtS, OP.select).i32(5).op(OP.i32ShrU).i32(2).op(OP.i32Shl).set(AT);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(AT).i32(3).op(OP.i32Shl).get(PREFIX_NOW).op(OP.i32GeU, OP.brIf, 1);
  out.get(NODE).get(AT).op(OP.i32Add).load(OP.i32Load, DATA);
  out.get(KEY).get(AT).op(OP.i32Add).load(OP.i32Load, 4).op(OP.i32Xor).tee(WORD).op(OP.if, VOID);
  out.get(WORD);
  writeSwap(out, WORD);
  out.op(OP.i32Clz).get(AT).i32(3).op(OP.i32Shl, OP.i32Add).get(PREFIX_NOW).op(OP.i32LtU, OP.brIf, 4).op(OP.br, 2, OP.end);
  out.get(AT).i32(4).op(OP.i32Add).set(AT).op(OP.br, 0, OP.end, OP.end);
}
