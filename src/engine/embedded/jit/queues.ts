/** Operations on queues and stacks as WebAssembly: what `push`, `pop` and `peek` of maps/queue.ts do, in memory of one thread. */

import { E2BIG, EINVAL, ENOENT } from "../maps/errno.ts";
import { BPF_EXIST } from "../maps/flags.ts";
import { HEAD, QueueMap, TAIL } from "../maps/queue.ts";
import { COUNT, type MapStore } from "../maps/store.ts";
import { Code } from "./code.ts";
import type { LookupCode } from "./lookup.ts";
import { writeCopy, writeZeroes } from "./map-code.ts";
import { I32, OP, VOID } from "./wasm.ts";

/** Larger values are copied by the map's class as fast. */
const LONGEST_VALUE = 4096;

export function isQueue(map: MapStore): map is QueueMap {
  return map instanceof QueueMap && !map.shared && map.plain && map.valueSize <= LONGEST_VALUE;
}

/** A word of the map's header. */
class Word {
  readonly #out: Code;
  readonly #at: number;

  constructor(out: Code, map: MapStore, word: number) {
    this.#out = out;
    this.#at = map.handle + word * 4;
  }

  push(): void {
    this.#out.i32(0).load(OP.i32Load, this.#at);
  }

  /** What `value` leaves on the stack becomes the word. */
  become(value: () => void): void {
    this.#out.i32(0);
    value();
    this.#out.load(OP.i32Store, this.#at);
  }

  add(by: number): void {
    this.become(() => {
      this.push();
      this.#out.i32(by).op(OP.i32Add);
    });
  }
}

/** The place behind the one in a local. */
function pushNext(out: Code, map: QueueMap, at: number): void {
  out.i32(0).get(at).i32(1).op(OP.i32Add).get(at).i32(map.maxEntries).op(OP.i32Eq, OP.select);
}

/** The place in a local becomes the address of its value. */
function toAddress(out: Code, map: QueueMap, at: number): void {
  out.get(at).i32(map.values.stride).op(OP.i32Mul).i32(map.values.start).op(OP.i32Add).set(at);
}

/** A function of (address of a value, flags) to (0, or a negated error number). */
export function writePush(map: QueueMap): LookupCode {
  const out = new Code(256);
  const [count, head, tail] = [new Word(out, map, COUNT), new Word(out, map, HEAD), new Word(out, map, TAIL)];
  const [value, flags, at] = [0, 1, 2];
  const fail = (errno: number): Code => out.op(OP.if, VOID).i32(-errno).op(OP.return, OP.end);
  out.get(flags).i32(~BPF_EXIST).op(OP.i32And);
  fail(EINVAL);
  count.push();
  out.i32(map.maxEntries).op(OP.i32GeU, OP.if, VOID);
  out.get(flags).op(OP.i32Eqz);
  fail(E2BIG);
  // The oldest makes room.
  tail.push();
  out.set(at);
  tail.become(() => pushNext(out, map, at));
  count.add(-1);
  out.op(OP.end);
  head.push();
  out.set(at);
  head.become(() => pushNext(out, map, at));
  toAddress(out, map, at);
  writeCopy(out, at, value, map.valueSize);
  count.add(1);
  out.i32(0).op(OP.end);
  return { locals: [[1, I32]], code: out.finish() };
}

/** A function of (address for a value) to (0, or a negated error number). @param remove whether the value goes. */
export function writeTake(map: QueueMap, remove: boolean): LookupCode {
  const out = new Code(256);
  const [count, head, tail] = [new Word(out, map, COUNT), new Word(out, map, HEAD), new Word(out, map, TAIL)];
  const [value, at] = [0, 1];
  count.push();
  out.op(OP.i32Eqz, OP.if, VOID).get(value);
  writeZeroes(out, map.valueSize);
  out.i32(-ENOENT).op(OP.return, OP.end);
  if (map.type === "stack") {
    head.push();
    out.tee(at).i32(1).op(OP.i32Sub).i32(map.maxEntries).get(at).op(OP.select).set(at);
    if (remove) head.become(() => out.get(at));
  } else {
    tail.push();
    out.set(at);
    if (remove) tail.become(() => pushNext(out, map, at));
  }
  if (remove) count.add(-1);
  toAddress(out, map, at);
  writeCopy(out, value, at, map.valueSize);
  out.i32(0).op(OP.end);
  return { locals: [[1, I32]], code: out.finish() };
}
