/**
 * One function of a program as the body of a WebAssembly function.
 *
 * Registers are i64 locals and 32-bit arithmetic is `extend_i32_u(op(wrap, wrap))`, which V8 folds. The frame pointer is an i32
 * parameter that points at the frame's lowest byte, so that the frame is reached with constant offsets; r10 itself exists only
 * where a program uses it for something else. See `structure.ts` for control flow, `module.ts` for what functions share.
 *
 * In checked mode every access first holds its base register against null and 32 bits (a base that was checked is not checked
 * again until it changes), every round of a loop and every call takes fuel, and frames begin as zeroes, as in the interpreter.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import { FeatureError } from "../../errors.ts";
import { FRAME_SIZE, MAP_TAG } from "../access.ts";
import { MAY_GOTO_LIMIT } from "../interpreter.ts";
import { PAGE } from "../memory.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { SEQUENCE_OF, writeBinary32, writeBinary64, writeSwap32, writeUnary } from "./arithmetic.ts";
import { RegisterCode } from "./code.ts";
import {
  ATOMIC_COMPARE,
  ATOMIC_FETCH,
  defs,
  FIRST_CONSTANT,
  FRAME_POINTER,
  KIND,
  KIND_OF,
  registerOf,
  SIZE_OF,
  uses,
} from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { hasLookup, isArray, writeArrayLookup } from "./lookup.ts";
import { loopForest } from "./loops.ts";
import type { Shared } from "./module.ts";
import * as codes from "./opcodes.ts";
import { type Slot, StackSlots } from "./slots.ts";
import { isReducible, type NodeCode, places, writeDispatched, writeStructured } from "./structure.ts";
import { CONSTANT, FRAME, Values } from "./values.ts";
import { I32, I64, MEMORY_FILL, OP } from "./wasm.ts";

/** What a fault is: the three lowest bits of the number that the import gets which throws it; above them the slot. */
export const FAULT = { access: 0, fuel: 1, alignment: 2, depth: 3 } as const;

/** Below this no legitimate access has its base: nothing is given out below 64 KiB, and offsets reach 32 KiB. */
const LOWEST_BASE = 32_768;

/** Blocks of a function without structure, and depth of loops, that we generate code for. */
const MOST_DISPATCHED = 4096;
const DEEPEST = 500;
const NO_LOOPS = { header: new Int32Array(0), depth: 0 };

export interface TranslatedFunction {
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Uint8Array;
  /** Pairs: where an instruction that may trap begins in `code`, and its slot; ascending. */
  readonly traps: Int32Array;
}

export class FunctionTranslator implements NodeCode {
  readonly #program: PreparedProgram;
  readonly #flow: Flow;
  readonly #shared: Shared;
  readonly #checked: boolean;
  readonly #isMain: boolean;
  readonly #out: RegisterCode;
  readonly #traps: number[] = [];
  readonly #dominance: Dominance;
  readonly #values: Values;
  /** Registers that it gives back, ascending. */
  readonly #results: readonly number[];
  /** i64. */
  readonly #old: number;
  readonly #fuel: number;
  /** i32. */
  readonly #loops: number;
  readonly #next: number;
  readonly #locals: readonly (readonly [number, number])[];
  /** Whether the frame in memory is used. */
  readonly #usesFrame: boolean;
  /** Slots of the stack that are locals, by place below r10. */
  readonly #slots = new Map<number, Slot & { readonly local: number }>();
  readonly #usesFuel: boolean;
  readonly #mayGoto: boolean;
  /** By block: instructions to pay for each round of the loop that it heads. */
  readonly #cost: Int32Array;
  #entryCost = 0;
  /** By block: the only one that leads to it, or -1. */
  readonly #only: Int32Array;
  /** Registers whose value now was found good as a base, and by block what they were at its end. */
  #good = 0;
  readonly #goodAfter: Uint16Array;
  /** How many blocks, loops and ifs are open within the block that faults leave. */
  #depth = 0;

  constructor(shared: Shared, flow: Flow, isMain: boolean) {
    const { program } = shared;
    this.#program = program;
    this.#flow = flow;
    this.#shared = shared;
    this.#checked = shared.mode === "checked";
    this.#isMain = isMain;
    this.#out = new RegisterCode(64 + (flow.end - flow.start) * 12, program);
    this.#dominance = new Dominance(flow.successors);
    this.#values = new Values(program, flow, this.#dominance.order, shared.liveness);
    const signature = shared.signatureOf(flow.start);
    this.#results = signature.results;

    let used = 0;
    let defined = 0;
    let calls = false;
    let mayGoto = false;
    for (let slot = flow.start; slot < flow.end; slot += width(program, slot)) {
      used |= uses(program, slot, flow.start, shared.liveness);
      defined |= defs(program, slot, shared.liveness);
      const kind = KIND_OF[program.operation[slot]!]!;
      calls ||= kind === KIND.callLocal || kind === KIND.callRegister;
      mayGoto ||= kind === KIND.mayGoto;
    }
    const frameBit = 1 << FRAME_POINTER;
    this.#out.writesFrame = (defined & frameBit) !== 0;
    const touchesFrame = ((used | defined) & frameBit) !== 0;
    let stack: StackSlots | null = null;
    if (touchesFrame && !this.#out.writesFrame) {
      const { order } = this.#dominance;
      stack = new StackSlots(program, flow, order, this.#values, shared.liveness, shared.helpers, shared.maps);
    }
    this.#usesFrame = stack?.usesMemory ?? touchesFrame;
    this.#mayGoto = mayGoto;

    // Locals: parameters first.
    let next = 0;
    if (isMain) next = 4;
    else {
      for (const register of signature.params) this.#out.local[register] = next++;
      next++;
    }
    this.#out.frame = isMain ? 2 : next - 1;
    const firstLong = next;
    for (const register of this.#results) used |= 1 << register;
    for (let register = 0; register <= FRAME_POINTER; register++) {
      const needed = register === FRAME_POINTER ? this.#out.writesFrame : (((used | defined) >>> register) & 1) === 1;
      if (needed && this.#out.local[register] === -1) this.#out.local[register] = next++;
    }
    for (const slot of stack?.slots ?? []) this.#slots.set(slot.at, { ...slot, local: next++ });
    this.#old = next++;
    this.#fuel = next++;
    const firstWord = next;
    this.#out.address = next++;
    this.#loops = next++;
    this.#next = next++;
    this.#locals = [
      [firstWord - firstLong, I64],
      [next - firstWord, I32],
    ];

    const count = flow.last.length;
    this.#goodAfter = new Uint16Array(count);
    this.#only = new Int32Array(count).fill(-1);
    const ways = new Int32Array(count);
    ways[0] = 1;
    let loops = false;
    for (const block of this.#dominance.order) {
      for (const to of flow.successors[block]!) {
        if (++ways[to]! === 1) this.#only[to] = block;
        else this.#only[to] = -1;
        loops ||= to <= block;
      }
    }
    this.#only[0] = -1;
    this.#usesFuel = this.#checked && (loops || calls || !isMain);
    this.#cost = new Int32Array(count);
  }

  translate(): TranslatedFunction {
    const dominance = this.#dominance;
    const graph = this.#flow.successors;
    const place = places(graph, dominance);
    const reducible = isReducible(graph, dominance, place);
    const dispatched = this.#shared.dispatchAll || !reducible;
    if (dispatched && dominance.order.length > MOST_DISPATCHED) {
      throw this.#tooComplex(`${dominance.order.length} blocks with loops that are entered in several places`);
    }
    const { header, depth } = reducible ? loopForest(graph, dominance.order, place) : NO_LOOPS;
    if (depth > DEEPEST) throw this.#tooComplex(`loops nested ${depth} deep`);
    if (this.#usesFuel) this.#price(dispatched ? null : header);
    const out = this.#out;
    if (this.#checked) {
      out.byte(OP.block);
      out.signed(this.#shared.faultType);
    }
    this.#prologue();
    if (dispatched) writeDispatched(graph, dominance.order, this.#out, this, this.#next);
    else writeStructured(graph, dominance, place, this.#out, this);
    out.byte(OP.unreachable);
    if (this.#checked) {
      // Faults leave the code with what they are and a register: calls in loops would keep V8 from unrolling them.
      out.byte(OP.end);
      this.#out.set(this.#old);
      this.#out.get(this.#old);
      out.byte(OP.wrap);
      this.#out.get(this.#old);
      this.#out.i64(32, 0);
      out.byte(OP.i64ShrU);
      out.byte(OP.wrap);
      out.byte(OP.call);
      out.unsigned(this.#shared.faultIndex);
      out.byte(OP.unreachable);
    }
    out.byte(OP.end);
    return { locals: this.#locals, code: this.#out.finish(), traps: Int32Array.from(this.#traps) };
  }

  /** V8's optimizing compiler takes time and memory that grow with their square: where it would take seconds, we do not go. */
  #tooComplex(what: string): FeatureError {
    const where = `${this.#program.name}: the function at slot ${this.#flow.start}`;
    return new FeatureError("JIT", null, `${where} has ${what}, too many to generate code for; use execution: "interpreter"`);
  }

  /** What each round of each loop costs: never less than the instructions that it takes. Null: each block for itself. */
  #price(header: Int32Array | null): void {
    const { first } = this.#flow;
    for (const block of this.#dominance.order) {
      const size = first[block + 1]! - first[block]!;
      const payer = header === null ? block : header[block]!;
      if (payer === -1) this.#entryCost += size;
      else this.#cost[payer]! += size;
    }
  }

  #prologue(): void {
    const out = this.#out;
    if (this.#isMain) {
      for (const register of [1, 2]) {
        if (this.#out.local[register] === -1) continue;
        this.#out.get(register - 1);
        out.byte(OP.extendU);
        this.#out.set(this.#out.local[register]!);
      }
    }
    if (this.#out.writesFrame) {
      this.#out.pushFramePointer();
      this.#out.set(this.#out.local[FRAME_POINTER]!);
    }
    if (this.#mayGoto) {
      this.#out.i32(MAY_GOTO_LIMIT);
      this.#out.set(this.#loops);
    }
    if (this.#usesFuel) {
      if (this.#isMain) {
        this.#out.get(3);
        out.byte(OP.bulk);
        out.byte(6); // i64.trunc_sat_f64_s
      } else {
        out.byte(OP.globalGet);
        out.unsigned(this.#shared.fuelGlobal);
      }
      this.#out.i64(this.#entryCost, 0);
      out.byte(OP.i64Sub);
      this.#out.set(this.#fuel);
      this.#demandFuel(this.#flow.start);
    }
    if (this.#checked && this.#usesFrame) {
      this.#out.get(this.#out.frame);
      this.#out.i32(0);
      this.#out.i32(FRAME_SIZE);
      out.byte(OP.bulk);
      out.byte(MEMORY_FILL);
      out.byte(0);
    }
  }

  // ── for the writer of control flow ────────────────────────────────────────────────────────────────────────────────

  round(block: number, depth: number): void {
    this.#depth = depth;
    const cost = this.#cost[block]!;
    if (!this.#usesFuel || cost === 0) return;
    this.#out.get(this.#fuel);
    this.#out.i64(cost, 0);
    this.#out.byte(OP.i64Sub);
    this.#out.set(this.#fuel);
    this.#demandFuel(this.#flow.first[block]!);
  }

  body(block: number, depth: number): void {
    this.#depth = depth;
    const { first, last } = this.#flow;
    const only = this.#only[block]!;
    this.#good = only === -1 ? 0 : this.#goodAfter[only]!;
    this.#values.enter(block);
    const end = last[block]!;
    for (let slot = first[block]!; slot <= end; slot += width(this.#program, slot)) {
      const kind = KIND_OF[this.#program.operation[slot]!]!;
      if (slot < end && this.#swapsHalf(slot)) {
        this.#values.step(slot++);
        this.#values.step(slot);
        continue;
      }
      if (slot === end && (kind === KIND.jump || kind === KIND.branch || kind === KIND.mayGoto)) break;
      this.#instruction(slot, kind);
      this.#values.step(slot);
    }
    this.#goodAfter[block] = this.#good;
  }

  condition(block: number, negated: boolean): void {
    const slot = this.#flow.last[block]!;
    const out = this.#out;
    const operation = this.#program.operation[slot]!;
    if (operation === OPERATION.mayGoto) {
      // Taken when the counter is 0; else it counts down.
      this.#out.get(this.#loops);
      this.#out.get(this.#loops);
      this.#out.get(this.#loops);
      this.#out.i32(0);
      out.byte(OP.i32Ne);
      out.byte(OP.i32Sub);
      this.#out.set(this.#loops);
      if (!negated) out.byte(OP.i32Eqz);
      return;
    }
    const d = this.#program.dst[slot]!;
    const s = this.#program.src[slot]!;
    const wide = operation <= OPERATION.jset64;
    if (operation === OPERATION.jset64 || operation === OPERATION.jset32) {
      if (wide) this.#out.push64(d);
      else this.#out.push32(d);
      if (wide) this.#out.push64(s);
      else this.#out.push32(s);
      out.byte(wide ? OP.i64And : OP.i32And);
      if (wide || negated) out.byte(wide ? OP.i64Eqz : OP.i32Eqz);
      if (wide && !negated) out.byte(OP.i32Eqz);
      return;
    }
    if (wide) {
      this.#out.push64(d);
      this.#out.push64(s);
      out.byte((negated ? codes.COMPARE_64_NOT : codes.COMPARE_64)[operation]!);
    } else {
      this.#out.push32(d);
      this.#out.push32(s);
      out.byte((negated ? codes.COMPARE_32_NOT : codes.COMPARE_32)[operation]!);
    }
  }

  // ── instructions ──────────────────────────────────────────────────────────────────────────────────────────────────

  #instruction(slot: number, kind: number): void {
    const program = this.#program;
    const operation = program.operation[slot]!;
    const d = program.dst[slot]!;
    const s = program.src[slot]!;
    switch (kind) {
      case KIND.binary:
        if (operation <= OPERATION.mov64) writeBinary64(this.#out, operation, d, s);
        else writeBinary32(this.#out, operation, d, s);
        this.#write64(d);
        return;
      case KIND.move: {
        const good =
          registerOf(s) < FIRST_CONSTANT && SEQUENCE_OF[operation]!.length === 0 ? (this.#good >>> registerOf(s)) & 1 : 0;
        this.#out.push64(s);
        for (const opcode of SEQUENCE_OF[operation]!) this.#out.byte(opcode);
        this.#write64(d);
        this.#good |= good << registerOf(d);
        return;
      }
      case KIND.unary:
        writeUnary(this.#out, operation, d);
        this.#write64(d);
        return;
      case KIND.load: {
        const local = this.#slotOf(registerOf(s), program.offset[slot]!);
        if (local !== null) {
          this.#out.get(local.local);
          if (operation === OPERATION.loadSigned1) this.#out.byte(OP.i64Extend8S);
          else if (operation === OPERATION.loadSigned2) this.#out.byte(OP.i64Extend16S);
          else if (operation === OPERATION.loadSigned4) this.#out.byte(OP.i64Extend32S);
          this.#write64(d);
          return;
        }
        const offset = this.#pushAddress(slot, registerOf(s));
        this.#trap(slot);
        this.#access(codes.LOADS[operation]!, offset);
        this.#write64(d);
        return;
      }
      case KIND.store: {
        const local = this.#slotOf(registerOf(d), program.offset[slot]!);
        if (local !== null) {
          this.#out.push64(s);
          if (local.size === 4) this.#out.op(OP.wrap, OP.extendU);
          else if (local.size < 4) {
            this.#out.i64(local.size === 1 ? 0xff : 0xffff, 0);
            this.#out.byte(OP.i64And);
          }
          this.#out.set(local.local);
          return;
        }
        const offset = this.#pushAddress(slot, registerOf(d));
        this.#out.push64(s);
        this.#trap(slot);
        this.#access(codes.STORES[operation]!, offset);
        return;
      }
      case KIND.acquire:
        this.#pushAligned(slot, registerOf(s), SIZE_OF[operation]!);
        this.#trap(slot);
        if (this.#shared.sharedMemory) this.#atomicAccess(codes.ATOMIC_LOADS[operation]!, SIZE_OF[operation]!);
        else this.#access(codes.LOADS[operation]!, 0);
        this.#write64(d);
        return;
      case KIND.release:
        this.#pushAligned(slot, registerOf(d), SIZE_OF[operation]!);
        this.#out.push64(s);
        this.#trap(slot);
        if (this.#shared.sharedMemory) this.#atomicAccess(codes.ATOMIC_STORES[operation]!, SIZE_OF[operation]!);
        else this.#access(codes.STORES[operation]!, 0);
        return;
      case KIND.atomic:
        this.#atomic(slot, SIZE_OF[operation]!, registerOf(d), s, program.extra[slot]!);
        return;
      case KIND.callHelper:
        this.#callHelper(slot, program.extra[slot]!);
        return;
      case KIND.callLocal:
        this.#callLocal(slot, program.offset[slot]!);
        return;
      case KIND.callRegister:
        this.#callRegister(slot, d);
        return;
      case KIND.exit:
        this.#exit();
        return;
      case KIND.packet:
        this.#packet(slot, operation, s);
        return;
      default:
    }
  }

  /**
   * `r = be64 r` before `r >>= 32` or more, as compilers take a field of a header apart: only the lower half needs to be swapped.
   * True when that is what is there, and both instructions were written.
   */
  #swapsHalf(slot: number): boolean {
    const { operation, dst, src, registers } = this.#program;
    if (operation[slot] !== OPERATION.swap64 || operation[slot + 1] !== OPERATION.rsh64) return false;
    const d = dst[slot]!;
    const s = src[slot + 1]!;
    if (dst[slot + 1] !== d || registerOf(s) < FIRST_CONSTANT) return false;
    const by = (registers[s]! & 63) - 32;
    if (by < 0) return false;
    if (by === 24) {
      this.#out.push64(d);
      this.#out.i64(0xff, 0);
      this.#out.byte(OP.i64And);
    } else {
      writeSwap32(this.#out, () => this.#out.push32(d));
      this.#out.i32(by);
      this.#out.op(OP.i32ShrU, OP.extendU);
    }
    this.#write64(d);
    return true;
  }

  /** The local that the stack slot at `base` + `offset` is, or null. */
  #slotOf(base: number, offset: number): (Slot & { readonly local: number }) | null {
    if (this.#slots.size === 0 || this.#values.kind[base] !== FRAME) return null;
    return this.#slots.get(this.#values.low[base]! + offset) ?? null;
  }

  // ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Pushes the address of an access, without the offset (bytes) that it returns. */
  #pushAddress(slot: number, base: number): number {
    const offset = this.#program.offset[slot]!;
    const values = this.#values;
    const out = this.#out;
    const known = values.kind[base]!;
    if (known === FRAME && !this.#out.writesFrame) {
      const at = values.low[base]! + offset + FRAME_SIZE;
      const size = SIZE_OF[this.#program.operation[slot]!]!;
      // A callee may reach its caller's frame, as in the interpreter.
      if (this.#checked && (at < 0 || (this.#isMain && at + size > FRAME_SIZE))) {
        this.#out.i32((slot << 3) | FAULT.access);
        this.#out.push64(base * 2);
        out.byte(OP.br);
        out.unsigned(this.#depth);
      }
      this.#out.get(this.#out.frame);
      if (at >= 0) return at;
      this.#out.i32(at);
      out.byte(OP.i32Add);
      return 0;
    }
    if (known === CONSTANT && values.high[base] === 0 && this.#isMemory(values.low[base]!)) {
      this.#out.i32(values.low[base]! + offset);
      return 0;
    }
    this.#checkBase(slot, base);
    this.#out.push32(base * 2);
    if (offset >= 0) return offset;
    this.#out.i32(offset);
    out.byte(OP.i32Add);
    return 0;
  }

  /** Whether a known address, which is any i32, is good as a base. */
  #isMemory(address: number): boolean {
    return address >= PAGE && address < this.#shared.memorySize;
  }

  /** Pushes r2, the address of a key. */
  #pushKey(slot: number, size: number): void {
    const values = this.#values;
    const at = values.low[2]! + FRAME_SIZE;
    if (values.kind[2] === FRAME && !this.#out.writesFrame && at >= 0 && at + size <= FRAME_SIZE) {
      this.#out.get(this.#out.frame);
      this.#out.i32(at);
      this.#out.byte(OP.i32Add);
      return;
    }
    this.#checkBase(slot, 2);
    this.#out.push32(4);
  }

  /** In checked mode: faults where a register is null or near it, beyond the memory, or no address. */
  #checkBase(slot: number, base: number): void {
    if (!this.#checked || ((this.#good >>> base) & 1) === 1) return;
    if (base === FRAME_POINTER && !this.#out.writesFrame) return;
    const out = this.#out;
    this.#out.i32((slot << 3) | FAULT.access);
    this.#out.push64(base * 2);
    this.#out.push64(base * 2);
    this.#out.i64(LOWEST_BASE, 0);
    out.byte(OP.i64Sub);
    this.#out.i64(this.#shared.memorySize | 0, 0);
    out.byte(OP.i64GtU);
    this.#faultIf();
    this.#good |= 1 << base;
  }

  /** Pushes the whole address of an atomic access; keeps it in the address local. */
  #pushAligned(slot: number, base: number, size: number): void {
    const out = this.#out;
    const offset = this.#pushAddress(slot, base);
    if (offset !== 0) {
      this.#out.i32(offset);
      out.byte(OP.i32Add);
    }
    if (!this.#checked || size === 1) return;
    this.#out.set(this.#out.address);
    this.#out.i32((slot << 3) | FAULT.alignment);
    this.#out.get(this.#out.address);
    out.byte(OP.extendU);
    this.#out.get(this.#out.address);
    this.#out.i32(size - 1);
    out.byte(OP.i32And);
    this.#faultIf();
    this.#out.get(this.#out.address);
  }

  /** In memory of one thread nothing comes between a load and a store: plain accesses are atomic. */
  #atomic(slot: number, size: number, base: number, s: number, code: number): void {
    const out = this.#out;
    const { plain, on32, on64 } = codes.ATOMIC_MODIFY[code & ~ATOMIC_FETCH]!;
    const fetch = (code & ATOMIC_FETCH) !== 0;
    const compares = code === ATOMIC_COMPARE;
    const into = compares ? 0 : s;
    const narrow = size === 4;
    this.#pushAligned(slot, base, size);
    if (this.#shared.sharedMemory) {
      if (compares) this.#pushNarrow(0, narrow);
      this.#out.push64(s);
      this.#trap(slot);
      this.#atomicAccess(narrow ? on32 : on64, size);
      if (fetch) this.#write64(into);
      else out.byte(OP.drop);
      return;
    }
    const store = narrow ? OP.i64Store32 : OP.i64Store;
    out.byte(OP.localTee);
    out.unsigned(this.#out.address);
    this.#out.get(this.#out.address);
    this.#trap(slot);
    this.#access(narrow ? OP.i64Load32U : OP.i64Load, 0);
    if (compares || plain === 0) {
      this.#out.set(this.#old);
      this.#out.push64(s);
      if (compares) {
        this.#out.get(this.#old);
        this.#out.get(this.#old);
        this.#pushNarrow(0, narrow);
        out.byte(OP.i64Eq);
        out.byte(OP.select);
      }
    } else {
      out.byte(OP.localTee);
      out.unsigned(this.#old);
      this.#out.push64(s);
      out.byte(plain);
    }
    this.#trap(slot);
    this.#access(store, 0);
    if (!fetch) return;
    this.#out.get(this.#old);
    this.#write64(into);
  }

  #pushNarrow(word: number, narrow: boolean): void {
    this.#out.push64(word);
    if (!narrow) return;
    this.#out.byte(OP.wrap);
    this.#out.byte(OP.extendU);
  }

  // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #callHelper(slot: number, id: number): void {
    const shared = this.#shared;
    const out = this.#out;
    const values = this.#values;
    if (id === shared.lookupId && values.kind[1] === CONSTANT && values.high[1] === MAP_TAG) {
      const map = shared.mapOf(values.low[1]!);
      // The map's class trusts the address of a key: in checked mode it is reached by the helper, which holds it to the byte.
      if (map !== null && (!this.#checked || isArray(map) || hasLookup(map))) {
        this.#pushKey(slot, map.keySize);
        this.#trap(slot);
        if (isArray(map)) writeArrayLookup(map, out, this.#out.address, shared.cpuGlobal);
        else {
          out.byte(OP.call);
          out.unsigned(shared.lookupOf(map));
        }
        out.byte(OP.extendU);
        this.#write64(0);
        return;
      }
    }
    const helper = shared.helperOf(id);
    if (helper.full) {
      this.#out.i32(slot);
      this.#out.get(this.#out.frame);
      for (let index = 1; index <= 5; index++) {
        if (index <= helper.args) this.#out.push32(index * 2);
        else this.#out.i32(0);
      }
      for (let index = 1; index <= 5; index++) {
        if (index <= helper.args) this.#out.pushHigh(index * 2);
        else this.#out.i32(0);
      }
    } else for (let index = 1; index <= helper.args; index++) this.#out.push32(index * 2);
    out.byte(OP.call);
    out.unsigned(helper.index);
    if (helper.result === "int") out.byte(OP.extendS);
    else {
      out.byte(OP.extendU);
      if (helper.result === "u64") this.#joinHigh();
    }
    this.#write64(0);
  }

  /** The upper half of the result of the last helper above the lower one that is on the stack. */
  #joinHigh(): void {
    const out = this.#out;
    out.byte(OP.call);
    out.unsigned(this.#shared.highIndex);
    out.byte(OP.extendU);
    this.#out.i64(32, 0);
    out.byte(OP.i64Shl);
    out.byte(OP.i64Or);
  }

  #callLocal(slot: number, callee: number): void {
    const { index, params, results } = this.#shared.signatureOf(callee);
    this.#enterCallee(slot);
    for (const register of params) this.#out.push64(register * 2);
    this.#out.get(this.#out.frame);
    this.#out.i32(FRAME_SIZE);
    this.#out.byte(OP.i32Sub);
    this.#out.byte(OP.call);
    this.#out.unsigned(index);
    this.#leaveCallee(results);
  }

  /** A function of the program, or a helper by its number: which, is found by the import. */
  #callRegister(slot: number, d: number): void {
    const shared = this.#shared;
    const out = this.#out;
    const { calleeIndex, callIndex } = shared;
    this.#out.i32(slot);
    this.#out.push32(d);
    this.#out.pushHigh(d);
    out.byte(OP.call);
    out.unsigned(calleeIndex);
    out.byte(OP.localTee);
    out.unsigned(this.#out.address);
    this.#out.i32(0);
    out.byte(OP.i32LtS);
    this.#out.if(0x40);
    this.#out.i32(slot);
    this.#out.get(this.#out.frame);
    for (let index = 1; index <= 5; index++) this.#out.push32(index * 2);
    for (let index = 1; index <= 5; index++) this.#out.pushHigh(index * 2);
    this.#out.push32(d);
    out.byte(OP.call);
    out.unsigned(callIndex);
    out.byte(OP.extendU);
    this.#joinHigh();
    this.#write64(0);
    out.byte(OP.else);
    this.#depth++;
    this.#enterCallee(slot);
    this.#depth--;
    const { params, results } = shared.signatureOf(this.#flow.start);
    for (const register of params) this.#out.push64(register * 2);
    this.#out.get(this.#out.frame);
    this.#out.i32(FRAME_SIZE);
    out.byte(OP.i32Sub);
    this.#out.get(this.#out.address);
    out.byte(OP.callIndirect);
    out.unsigned(shared.functionType);
    out.byte(0);
    this.#leaveCallee(results);
    out.byte(OP.end);
    this.#good &= ~0x3f;
  }

  #enterCallee(slot: number): void {
    const out = this.#out;
    if (this.#checked && this.#shared.bottomGlobal !== -1) {
      this.#out.i32((slot << 3) | FAULT.depth);
      this.#out.i64(0, 0);
      this.#out.get(this.#out.frame);
      out.byte(OP.globalGet);
      out.unsigned(this.#shared.bottomGlobal);
      out.byte(OP.i32LeU);
      this.#faultIf();
    }
    if (!this.#checked) return;
    this.#out.get(this.#fuel);
    out.byte(OP.globalSet);
    out.unsigned(this.#shared.fuelGlobal);
  }

  #leaveCallee(results: readonly number[]): void {
    for (let at = results.length - 1; at >= 0; at--) this.#write64(results[at]! * 2);
    if (!this.#checked) return;
    this.#out.byte(OP.globalGet);
    this.#out.unsigned(this.#shared.fuelGlobal);
    this.#out.set(this.#fuel);
  }

  #exit(): void {
    const out = this.#out;
    if (this.#isMain) {
      if (this.#shared.resultGlobal !== -1) {
        this.#out.pushHigh(0);
        out.byte(OP.globalSet);
        out.unsigned(this.#shared.resultGlobal);
      }
      this.#out.push32(0);
    } else {
      if (this.#checked) {
        this.#out.get(this.#fuel);
        out.byte(OP.globalSet);
        out.unsigned(this.#shared.fuelGlobal);
      }
      for (const register of this.#results) this.#out.push64(register * 2);
    }
    out.byte(OP.return);
  }

  #packet(slot: number, operation: number, s: number): void {
    this.#out.i32(this.#program.extra[slot]!);
    if (operation >= OPERATION.packetIndirect1) this.#out.push32(s);
    else this.#out.i32(0);
    this.#out.i32(SIZE_OF[operation]!);
    this.#out.byte(OP.call);
    this.#out.unsigned(this.#shared.packetIndex);
    this.#out.byte(OP.extendU);
    this.#write64(0);
  }

  // ── bits of code ──────────────────────────────────────────────────────────────────────────────────────────────────

  #demandFuel(slot: number): void {
    this.#out.i32((slot << 3) | FAULT.fuel);
    this.#out.get(this.#fuel);
    this.#out.get(this.#fuel);
    this.#out.i64(0, 0);
    this.#out.byte(OP.i64LtS);
    this.#faultIf();
  }

  /** What is on the stack: slot and kind (i32), the register or number at fault (i64), whether (i32). Takes them all. */
  #faultIf(): void {
    const out = this.#out;
    out.byte(OP.brIf);
    out.unsigned(this.#depth);
    out.byte(OP.drop);
    out.byte(OP.drop);
  }

  /** Takes what is on the stack into a register. */
  #write64(word: number): void {
    const register = registerOf(word);
    this.#out.set(this.#out.local[register]!);
    this.#good &= ~(1 << register);
  }

  #access(opcode: number, offset: number): void {
    this.#out.byte(opcode);
    this.#out.byte(0);
    this.#out.unsigned(offset);
  }

  #atomicAccess(opcode: number, size: number): void {
    this.#out.byte(OP.atomic);
    this.#out.byte(opcode);
    this.#out.byte(31 - Math.clz32(size));
    this.#out.byte(0);
  }

  #trap(slot: number): void {
    this.#traps.push(this.#out.length, slot);
  }
}
