/**
 * Accesses of memory. In checked mode each first holds its base register against null and 32 bits; a base that was checked is not checked
 * again until it changes.
 */

import { IN_ARENA } from "../../../verifier/verdict.ts";
import { FRAME_SIZE } from "../access.ts";
import { ArenaMap } from "../maps/arena.ts";
import { PAGE } from "../memory.ts";
import { ATOMIC_COMPARE, ATOMIC_FETCH, FRAME_POINTER, KIND, KIND_OF, SIZE_OF } from "./effects.ts";
import { FAULT, type FunctionCode } from "./function-code.ts";
import * as codes from "./opcodes.ts";
import { FACT, type GoodBases } from "./ranges.ts";
import type { Slot } from "./slots.ts";
import { CONSTANT, FRAME } from "./values.ts";
import { OP } from "./wasm.ts";

/** Below this no legitimate access has its base: nothing is given out below 64 KiB, and offsets reach 32 KiB. */
const LOWEST_BASE = 32_768;
/** Bytes that may be added to a good base before it is checked again. */
const MOST_SLACK = 1 << 20;

/** Pushes the address of an access, without the offset (bytes) that it returns. */
export function pushAddress(f: FunctionCode, slot: number, base: number): number {
  const offset = f.program.offset[slot]!;
  const { values } = f;
  const { out } = f;
  if (f.anywhere !== null && f.anywhere[slot] !== 0) return pushGuarded(f, slot, base);
  const known = values.kind[base]!;
  if (known === FRAME && !out.writesFrame) {
    const at = values.low[base]! + offset + FRAME_SIZE;
    const size = SIZE_OF[f.program.operation[slot]!]!;
    // A callee may reach its caller's frame, as in the interpreter.
    if (f.checked && (at < 0 || (f.isMain && at + size > FRAME_SIZE))) {
      out.i32((slot << 3) | FAULT.access);
      out.push64(base * 2);
      out.byte(OP.br);
      out.unsigned(f.depth);
    }
    out.get(out.frame);
    if (at >= 0) return at;
    out.i32(at);
    out.byte(OP.i32Add);
    return 0;
  }
  if (f.checked && known === CONSTANT && values.high[base] === 0 && f.shared.mapOf(values.low[base]!) !== null) {
    // A map's header: nothing of a program's.
    out.i32((slot << 3) | FAULT.access);
    out.push64(base * 2);
    out.byte(OP.br);
    out.unsigned(f.depth);
  }
  if (known === CONSTANT && values.high[base] === 0 && isMemory(f, values.low[base]!)) {
    out.i32(values.low[base]! + offset);
    return 0;
  }
  if ((f.facts & FACT.goodBase) === 0) {
    if (f.program.nullReads && KIND_OF[f.program.operation[slot]!] === KIND.load) checkReach(f, slot, base);
    else checkBase(f, slot, base);
  }
  out.push32(base * 2);
  if (offset >= 0) return offset;
  out.i32(offset);
  out.byte(OP.i32Add);
  return 0;
}

/**
 * Pushes the address of an access that a proof leaves to the engine: where it may not be, one of zeroes to load from, and for stores
 * one that nobody reads. Page zero is such a place, because no proven program stores through null.
 */
function pushGuarded(f: FunctionCode, slot: number, base: number): number {
  const { out, shared } = f;
  const operation = f.program.operation[slot]!;
  const offset = f.program.offset[slot]!;
  const size = SIZE_OF[operation]!;
  const arena = (f.anywhere![slot]! & IN_ARENA) === 0 ? undefined : shared.maps.find((map) => map instanceof ArenaMap);
  if (arena === undefined) {
    out.push64(base * 2);
    if (offset !== 0) out.i64(offset, offset >> 31).op(OP.i64Add);
    out.set(f.old);
    out.get(f.old).op(OP.wrap).i32(0).get(f.old);
    out.i64(shared.memorySize - size, 0).op(OP.i64LeU, OP.select);
    return 0;
  }
  const { start, end } = arena.values;
  const kind = KIND_OF[operation];
  out.push32(base * 2);
  if (offset !== 0) out.i32(offset).op(OP.i32Add);
  out.set(out.address);
  out.get(out.address).i32(kind === KIND.load || kind === KIND.acquire ? 0 : arena.nowhere);
  out.get(out.address).i32(start).op(OP.i32Sub);
  out.i32(end - start - size).op(OP.i32LeU, OP.select);
  return 0;
}

/** Whether a known address, which is any i32, is good as a base. */
function isMemory(f: FunctionCode, address: number): boolean {
  return address >= PAGE && address < f.shared.memorySize;
}

/** Pushes a helper's argument that is an address of so many bytes: a key in r2, a value in r3. */
export function pushArgument(f: FunctionCode, slot: number, register: number, size: number): void {
  const { values } = f;
  const at = values.low[register]! + FRAME_SIZE;
  if (values.kind[register] === FRAME && !f.out.writesFrame && at >= 0 && at + size <= FRAME_SIZE) {
    f.out.get(f.out.frame);
    f.out.i32(at);
    f.out.byte(OP.i32Add);
    return;
  }
  checkBase(f, slot, register, register === 3 ? FAULT.value : FAULT.access);
  f.out.push32(register * 2);
}

/** In checked mode: faults where a register is null or near it, beyond the memory, or no address. */
function checkBase(f: FunctionCode, slot: number, base: number, fault: number = FAULT.access): void {
  const { out } = f;
  if (!f.checked || (base === FRAME_POINTER && !out.writesFrame)) return;
  const size = f.shared.memorySize;
  out.i32((slot << 3) | fault).push64(base * 2);
  if (out.isNarrow(base * 2))
    out
      .push32(base * 2)
      .i32(LOWEST_BASE)
      .op(OP.i32Sub)
      .i32(size)
      .op(OP.i32GtU);
  else
    out
      .push64(base * 2)
      .i64(LOWEST_BASE, 0)
      .op(OP.i64Sub)
      .i64(size, 0)
      .op(OP.i64GtU);
  f.faultIf();
}

/** What bases are known to be where checked code believes them. */
export function goodBases(memorySize: number): GoodBases | null {
  // Addresses that are a little beyond the memory must not come back to its beginning.
  const slack = Math.min(MOST_SLACK, 2 ** 32 - 2 * PAGE - memorySize);
  return { low: LOWEST_BASE, high: LOWEST_BASE + memorySize, slack };
}

/**
 * For loads through typed pointers of the kernel: null may be read, being zeroes here, but no address beyond the memory. That
 * says nothing about the base for others (`ranges.ts`).
 */
function checkReach(f: FunctionCode, slot: number, base: number): void {
  const { out } = f;
  if (!f.checked || (base === FRAME_POINTER && !out.writesFrame)) return;
  out.i32((slot << 3) | FAULT.access).push64(base * 2);
  out
    .push64(base * 2)
    .i64(f.shared.memorySize, 0)
    .op(OP.i64GtU);
  f.faultIf();
}

/** Pushes the whole address of an atomic access; keeps it in the address local. */
export function pushAligned(f: FunctionCode, slot: number, base: number, size: number): void {
  const { out } = f;
  const offset = pushAddress(f, slot, base);
  if (offset !== 0) {
    out.i32(offset);
    out.byte(OP.i32Add);
  }
  if (!f.checked || size === 1) return;
  out.set(out.address);
  out.i32((slot << 3) | FAULT.alignment);
  out.get(out.address);
  out.byte(OP.extendU);
  out.get(out.address);
  out.i32(size - 1);
  out.byte(OP.i32And);
  f.faultIf();
  out.get(out.address);
}

/** The local that the stack slot at `base` + `offset` is, or null. */
export function slotOf(f: FunctionCode, base: number, offset: number): (Slot & { readonly local: number }) | null {
  if (f.slots.size === 0 || f.values.kind[base] !== FRAME) return null;
  return f.slots.get(f.values.low[base]! + offset) ?? null;
}

/** In memory of one thread nothing comes between a load and a store: plain accesses are atomic. */
export function atomic(f: FunctionCode, slot: number, size: number, base: number, s: number, code: number): void {
  const { out } = f;
  const { plain, on32, on64 } = codes.ATOMIC_MODIFY[code & ~ATOMIC_FETCH]!;
  const fetch = (code & ATOMIC_FETCH) !== 0;
  const compares = code === ATOMIC_COMPARE;
  const into = compares ? 0 : s;
  const narrow = size === 4;
  pushAligned(f, slot, base, size);
  if (f.shared.sharedMemory) {
    if (compares) pushNarrow(f, 0, narrow);
    out.push64(s);
    f.trap(slot);
    atomicAccess(f, narrow ? on32 : on64, size);
    if (fetch) f.write64(into);
    else out.byte(OP.drop);
    return;
  }
  const store = narrow ? OP.i64Store32 : OP.i64Store;
  out.byte(OP.localTee);
  out.unsigned(out.address);
  out.get(out.address);
  f.trap(slot);
  f.access(narrow ? OP.i64Load32U : OP.i64Load, 0);
  if (compares || plain === 0) {
    out.set(f.old);
    out.push64(s);
    if (compares) {
      out.get(f.old);
      out.get(f.old);
      pushNarrow(f, 0, narrow);
      out.byte(OP.i64Eq);
      out.byte(OP.select);
    }
  } else {
    out.byte(OP.localTee);
    out.unsigned(f.old);
    out.push64(s);
    out.byte(plain);
  }
  f.trap(slot);
  f.access(store, 0);
  if (!fetch) return;
  out.get(f.old);
  f.write64(into);
}

function pushNarrow(f: FunctionCode, word: number, narrow: boolean): void {
  f.out.push64(word);
  if (!narrow) return;
  f.out.byte(OP.wrap);
  f.out.byte(OP.extendU);
}

export function atomicAccess(f: FunctionCode, opcode: number, size: number): void {
  f.out.byte(OP.atomic);
  f.out.byte(opcode);
  f.out.byte(31 - Math.clz32(size));
  f.out.byte(0);
}
