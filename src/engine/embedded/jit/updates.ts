/**
 * Updates and deletes in hash maps and arrays as WebAssembly: what `update` and `delete` of the map's class do, to the byte, with
 * everything that is known of the one map written into the code. In memory of one thread; among threads the class takes the lock.
 */

import { ArrayMap } from "../maps/array.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT } from "../maps/errno.ts";
import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } from "../maps/flags.ts";
import type { HashMap } from "../maps/hash.ts";
import { USED } from "../maps/lru-hash.ts";
import { COUNT, type MapStore } from "../maps/store.ts";
import { Code } from "./code.ts";
import { isHash, type LookupCode } from "./lookup.ts";
import { writeCompare, writeCopy, writeCpuOffset, writeHash, writeValueAddress, writeZeroes } from "./map-code.ts";
import { I32, OP, VOID } from "./wasm.ts";

/** With more CPUs or larger values the map's class is as good. */
const MOST_CPUS = 8;
const LONGEST_VALUE = 4096;

/** Whether `writeUpdate` knows the map, and (but for arrays) `writeDelete`. */
export function hasUpdate(map: MapStore): boolean {
  if (map.shared || !map.plain || map.valueSize > LONGEST_VALUE || map.slots > MOST_CPUS) return false;
  return map instanceof ArrayMap || (isHash(map) && map.type !== "hash_of_maps" && map.layout.poolCount === 1);
}

export const hasDelete = (map: MapStore): boolean => hasUpdate(map) && isHash(map);

/** Whether what generated code cannot do goes to the map's class: evicting. */
export const importsUpdate = (map: MapStore): boolean => hasUpdate(map) && map.type.startsWith("lru");

const KEY = 0;
const VALUE = 1;
const FLAGS = 2;

/** A function of (addresses of a key and a value, flags) to (0, or a negated error number). @param slow the class's, as an import. */
export function writeUpdate(map: MapStore, cpuGlobal: number, slow: number | undefined): LookupCode {
  return isHash(map) ? writeHashUpdate(map, cpuGlobal, slow) : writeArrayUpdate(map, cpuGlobal);
}

function writeArrayUpdate(map: MapStore, cpuGlobal: number): LookupCode {
  const out = new Code(128);
  const index = 3;
  const fail = (errno: number): Code => out.op(OP.if, VOID).i32(-errno).op(OP.return, OP.end);
  out.get(FLAGS).i32(~BPF_F_LOCK).op(OP.i32And).i32(BPF_EXIST).op(OP.i32GtU);
  fail(EINVAL);
  out.get(KEY).load(OP.i32Load, 0).tee(index).i32(map.maxEntries).op(OP.i32GeU);
  fail(E2BIG);
  out.get(FLAGS).i32(BPF_NOEXIST).op(OP.i32And);
  fail(EEXIST);
  out.get(FLAGS).i32(BPF_F_LOCK).op(OP.i32And);
  fail(EINVAL);
  out.get(index).i32(map.values.stride).op(OP.i32Mul).i32(map.values.start).op(OP.i32Add);
  writeCpuOffset(map, out, cpuGlobal);
  out.set(index);
  writeCopy(out, index, VALUE, map.valueSize);
  out.i32(0).op(OP.end);
  return { locals: [[1, I32]], code: out.finish() };
}

/** Locals of what works on a hash map, behind the parameters. */
class HashCode {
  readonly out = new Code(512);
  readonly map: HashMap;
  readonly hash: number;
  /** The link that the key was found at, or 0; its node, times the size of one; the word that leads there, by address. */
  readonly link: number;
  readonly node: number;
  readonly before: number;
  readonly word: number;
  readonly left: number;
  /** Links count from 1. */
  readonly base: number;
  readonly countAt: number;

  constructor(map: HashMap, params: number) {
    this.map = map;
    [this.hash, this.link, this.node, this.before, this.word, this.left] = [0, 1, 2, 3, 4, 5].map((at) => params + at) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const { nodes, nodeSize } = map.layout;
    this.base = nodes - nodeSize;
    this.countAt = map.handle + COUNT * 4;
  }

  /** Sets `hash`, `link`, `node` and `before`. */
  find(): void {
    const { out, map, hash, link, node, before, word, left, base } = this;
    const { buckets, mask, nodeSize, keyOffset, secrets } = map.layout;
    writeHash(out, map.keySize, secrets, KEY, hash, word);
    out.get(hash).i32(mask).op(OP.i32And).i32(2).op(OP.i32Shl).i32(buckets).op(OP.i32Add).tee(before);
    out.load(OP.i32Load, 0).set(link);
    out
      .get(hash)
      .i32(0x8000_0000 | 0)
      .op(OP.i32Or)
      .set(hash);
    out.i32(map.elements).set(left);
    out.op(OP.block, VOID, OP.loop, VOID);
    out.get(link).op(OP.i32Eqz, OP.brIf, 1);
    out.get(link).i32(nodeSize).op(OP.i32Mul).set(node);
    out.op(OP.block, VOID);
    if (map.keySize !== 4 && map.keySize !== 8)
      out
        .get(node)
        .load(OP.i32Load, base + 4)
        .get(hash)
        .op(OP.i32Ne, OP.brIf, 0);
    writeCompare(out, map.keySize, node, base + keyOffset, KEY);
    out.op(OP.br, 2, OP.end);
    out.get(node).i32(base).op(OP.i32Add).tee(before).load(OP.i32Load, 0).set(link);
    // A chain that a program spoilt may lead round and round.
    out.get(left).i32(1).op(OP.i32Sub).tee(left).op(OP.brIf, 0);
    out.i32(0).set(link).op(OP.end, OP.end);
  }

  /** What was found leaves its chain. */
  unlink(): void {
    const { out, node, before, base } = this;
    out.get(before).get(node).load(OP.i32Load, base).load(OP.i32Store, 0);
    out
      .get(node)
      .i32(0)
      .load(OP.i32Store, base + 4);
  }

  count(by: number): void {
    this.out.i32(0).i32(0).load(OP.i32Load, this.countAt).i32(by).op(OP.i32Add).load(OP.i32Store, this.countAt);
  }
}

function writeHashUpdate(map: HashMap, cpuGlobal: number, slow: number | undefined): LookupCode {
  const code = new HashCode(map, 3);
  const { out, hash, link, node, base } = code;
  const [element, to] = [9, 10];
  const { buckets, mask, nodeSize, keyOffset, pools, inPlace } = map.layout;
  const { start, stride } = map.values;
  const lru = map.type.startsWith("lru");
  const used = base + USED * 4;
  const fail = (errno: number): Code => out.op(OP.if, VOID).i32(-errno).op(OP.return, OP.end);
  const copyValue = (of: number): void => {
    writeValueAddress(out, map, of, start - stride, cpuGlobal);
    out.set(to);
    writeCopy(out, to, VALUE, map.valueSize);
  };

  out.get(FLAGS).i32(BPF_EXIST).op(OP.i32GtU);
  fail(EINVAL);
  code.find();
  out.get(link).op(OP.if, VOID);
  out.get(FLAGS).i32(BPF_NOEXIST).op(OP.i32Eq);
  fail(EEXIST);
  if (lru) out.get(node).i32(1).load(OP.i32Store, used);
  if (inPlace) {
    copyValue(link);
    out.i32(0).op(OP.return);
  } else {
    // The spare takes its place, and it becomes the spare: at first the pool's last.
    out
      .i32(0)
      .load(OP.i32Load, pools + 8)
      .tee(element)
      .op(OP.i32Eqz, OP.if, VOID)
      .i32(map.elements)
      .set(element)
      .op(OP.end);
    out
      .i32(0)
      .get(link)
      .load(OP.i32Store, pools + 8);
    code.unlink();
    out.get(element).i32(nodeSize).op(OP.i32Mul).set(node);
    if (lru) out.get(node).i32(1).load(OP.i32Store, used);
  }
  out.op(OP.else);
  out.get(FLAGS).i32(BPF_EXIST).op(OP.i32Eq);
  fail(ENOENT);
  // From the free list, or one that was never used.
  out.i32(0).load(OP.i32Load, pools).tee(element).op(OP.if, VOID);
  out.get(element).i32(nodeSize).op(OP.i32Mul).set(node);
  out.i32(0).get(node).load(OP.i32Load, base).load(OP.i32Store, pools);
  out.op(OP.else);
  out
    .i32(0)
    .load(OP.i32Load, pools + 4)
    .tee(element)
    .i32(map.maxEntries)
    .op(OP.i32GeU, OP.if, VOID);
  if (slow === undefined) out.i32(-E2BIG);
  else {
    out.get(KEY).get(VALUE).get(FLAGS).op(OP.call);
    out.unsigned(slow);
  }
  out.op(OP.return, OP.end);
  out
    .i32(0)
    .get(element)
    .i32(1)
    .op(OP.i32Add)
    .tee(element)
    .load(OP.i32Store, pools + 4);
  out.get(element).i32(nodeSize).op(OP.i32Mul).set(node).op(OP.end);
  if (lru) out.get(node).i32(0).load(OP.i32Store, used);
  for (let cpu = 0; cpu < map.slots && map.slots > 1; cpu++) {
    out
      .get(element)
      .i32(stride)
      .op(OP.i32Mul)
      .i32(start - stride + cpu * map.elements * stride)
      .op(OP.i32Add);
    writeZeroes(out, stride);
  }
  code.count(1);
  out.op(OP.end);

  writeCopy(out, node, KEY, map.keySize, base + keyOffset);
  copyValue(element);
  // The head of its chain.
  out.get(hash).i32(mask).op(OP.i32And).i32(2).op(OP.i32Shl).set(to);
  out.get(node).get(to).load(OP.i32Load, buckets).load(OP.i32Store, base);
  out
    .get(node)
    .get(hash)
    .load(OP.i32Store, base + 4);
  out.get(to).get(element).load(OP.i32Store, buckets);
  out.i32(0).op(OP.end);
  return { locals: [[8, I32]], code: out.finish() };
}

/** A function of (address of a key) to (0, or a negated error number). */
export function writeDelete(map: HashMap): LookupCode {
  const code = new HashCode(map, 1);
  const { out, link, node, base } = code;
  const { pools } = map.layout;
  code.find();
  out.get(link).op(OP.i32Eqz, OP.if, VOID).i32(-ENOENT).op(OP.return, OP.end);
  code.unlink();
  out.get(node).i32(0).load(OP.i32Load, pools).load(OP.i32Store, base);
  out.i32(0).get(link).load(OP.i32Store, pools);
  code.count(-1);
  out.i32(0).op(OP.end);
  return { locals: [[6, I32]], code: out.finish() };
}
