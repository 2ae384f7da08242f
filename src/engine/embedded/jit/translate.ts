/**
 * One function of a program as the body of a WebAssembly function.
 *
 * Registers are i64 locals and 32-bit arithmetic is `extend_i32_u(op(wrap, wrap))`, which V8 folds. The frame pointer is an i32
 * parameter that points at the frame's lowest byte, so that the frame is reached with constant offsets; r10 itself exists only
 * where a program uses it for something else. See `structure.ts` for control flow, `module.ts` for what functions share.
 *
 * In checked mode every access first holds its base register against null and 32 bits (a base that was checked is not checked
 * again until it changes), every round of a loop and every call takes fuel, and frames begin as zeroes, as in the interpreter; so they
 * do of proven programs that may read what they have not written.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import { FRAME_SIZE } from "../access.ts";
import { MAY_GOTO_LIMIT } from "../interpreter.ts";
import { OPERATION } from "../operations.ts";
import { loadFuel, saveFuel } from "./calls.ts";
import { FIRST_CONSTANT, FRAME_POINTER, KIND, KIND_OF, registerOf } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { FAULT, FunctionCode } from "./function-code.ts";
import { writeInstruction, writePair } from "./instructions.ts";
import { loopForest } from "./loops.ts";
import type { Shared } from "./module.ts";
import { extendedBits, isHalfSwap, isNarrowBranch } from "./narrow.ts";
import * as codes from "./opcodes.ts";
import { type Driven, goOn, PIECE_ENTRY, shareOut } from "./pieces.ts";
import { isReducible, type NodeCode, places, writeDispatched, writeStructured } from "./structure.ts";
import { CONSTANT } from "./values.ts";
import { MEMORY_FILL, OP, TRUNCATE } from "./wasm.ts";

/**
 * Blocks of a function without structure, depth of loops, and slots of a function that V8's optimizing compiler goes through in good
 * time; it takes time and memory that grow with the square of the first two. What is beyond comes in pieces.
 */
const MOST_DISPATCHED = 4096;
const DEEPEST = 500;
const LONGEST = 262_144;

/** What a piece may take at first; it grows. */
const MOST_BYTES = 1 << 17;

/** Instructions that a counting loop may take before anybody asks for the fuel. */
const LONGEST_COUNT = 1 << 20;

interface Counting {
  readonly header: number;
  readonly register: number;
  readonly by: number;
  /** Of a round. */
  readonly cost: number;
}

export interface TranslatedFunction {
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Uint8Array;
  /** Pairs: where an instruction that may trap begins in `code`, and its slot; ascending. */
  readonly traps: Int32Array;
}

export class FunctionTranslator implements NodeCode {
  readonly #code: FunctionCode;
  /** By block: instructions to pay for each round of the loop that it heads. */
  readonly #cost: Int32Array;
  #entryCost = 0;
  /** By block: the counting loop that begins with it, or ends with it. */
  readonly #counters = new Map<number, Counting>();
  readonly #ends = new Map<number, Counting>();

  readonly #dominance: Dominance;
  readonly #place: Int32Array;
  readonly #form: "structured" | "dispatched" | "pieces";
  readonly #headers: Int32Array;
  /** By block, of a function in pieces: how to go on with it. */
  readonly #goOn = new Map<number, number>();

  /** @param isLong whether it was found too long for one function. */
  constructor(shared: Shared, flow: Flow, isMain: boolean, isLong = false) {
    const graph = flow.successors;
    const dominance = new Dominance(graph);
    const place = places(graph, dominance);
    const { order } = dominance;
    const hasLoops = order.some((block) => graph[block]!.some((to) => place[to]! <= place[block]!));
    const reducible = !hasLoops || isReducible(graph, dominance, place);
    const { header, depth } =
      hasLoops && reducible ? loopForest(graph, order, place) : { header: new Int32Array(graph.length).fill(-1), depth: 0 };
    const dispatched = shared.dispatchAll || !reducible || depth > DEEPEST;
    const inPieces =
      isLong ||
      shared.pieceBlocks !== undefined ||
      flow.end - flow.start > LONGEST ||
      (dispatched && order.length > MOST_DISPATCHED);
    this.#dominance = dominance;
    this.#place = place;
    this.#headers = header;
    this.#form = inPieces ? "pieces" : dispatched ? "dispatched" : "structured";
    this.#code = new FunctionCode(shared, flow, isMain, { dominance, hasLoops, inPieces });
    this.#cost = new Int32Array(flow.last.length);
  }

  /** The function; of one in pieces all of them. */
  translate(): readonly TranslatedFunction[] {
    const code = this.#code;
    const { flow, usesFuel } = code;
    const graph = flow.successors;
    const { order } = this.#dominance;
    if (usesFuel) {
      this.#price(this.#form === "structured" ? this.#headers : null);
      if (this.#form === "structured") this.#count();
    }
    if (this.#form === "pieces") return this.#pieces();
    const written = this.#body(() => {
      this.#prologue();
      if (this.#form === "structured") writeStructured(graph, this.#dominance, this.#place, code.out, this);
      else writeDispatched(graph, order, code.out, this, code.next, () => {});
    });
    return [written];
  }

  /** What a driver needs to know; null for a function that is not in pieces. */
  get pieces(): Pick<Driven, "writesFrame" | "mayGoto" | "clearsFrame"> | null {
    const { out, mayGoto, clearsFrame, usesFrame } = this.#code;
    return this.#form === "pieces" ? { writesFrame: out.writesFrame, mayGoto, clearsFrame: clearsFrame && usesFrame } : null;
  }

  #pieces(): TranslatedFunction[] {
    const code = this.#code;
    const { flow, shared } = code;
    const pieces = shareOut(flow, this.#dominance.order, shared.pieceBlocks);
    pieces.forEach((blocks, piece) => {
      for (const [at, block] of blocks.entries()) this.#goOn.set(block, goOn(piece, at));
    });
    const { registers, loops } = shared.pieceGlobals();
    return pieces.map((blocks) => {
      code.out = code.out.another(MOST_BYTES);
      code.traps = [];
      const { out } = code;
      return this.#body(() => {
        for (let register = 0; register < FIRST_CONSTANT; register++) {
          for (const [local, narrow] of [
            [out.wideLocal[register]!, false] as const,
            [out.narrowLocal[register]!, true] as const,
          ]) {
            if (local === -1) continue;
            out.byte(OP.globalGet);
            out.unsigned(registers[register]!);
            if (narrow) out.op(OP.wrap);
            out.set(local);
          }
        }
        loadFuel(code);
        if (code.mayGoto) {
          out.byte(OP.globalGet);
          out.unsigned(loops);
          out.set(code.loops);
        }
        writeDispatched(flow.successors, blocks, out, this, PIECE_ENTRY, (to) => this.#leave(to));
      });
    });
  }

  /** On to a block of another piece: what it reads goes by globals. */
  #leave(to: number): void {
    const code = this.#code;
    const { out, shared, flow } = code;
    const { registers, loops } = shared.pieceGlobals();
    for (let mask = shared.liveness.liveIn(flow.start)[to]!; mask !== 0; mask &= mask - 1) {
      const register = 31 - Math.clz32(mask & -mask);
      if (register === FRAME_POINTER && !out.writesFrame) continue;
      out.push64(register * 2).op(OP.globalSet);
      out.unsigned(registers[register]!);
    }
    saveFuel(code);
    if (code.mayGoto) {
      out.get(code.loops).op(OP.globalSet);
      out.unsigned(loops);
    }
    out.i32(this.#goOn.get(to)!).op(OP.return);
  }

  /** The code of one function of WebAssembly. */
  #body(write: () => void): TranslatedFunction {
    const code = this.#code;
    const { out } = code;
    if (code.checked) {
      out.byte(OP.block);
      out.signed(code.shared.faultType);
    }
    write();
    out.byte(OP.unreachable);
    if (code.checked) {
      // Faults leave the code with what they are and a register: calls in loops would keep V8 from unrolling them.
      out.op(OP.end).set(code.old);
      out.get(code.old).op(OP.wrap);
      out.get(code.old).i64(32, 0).op(OP.i64ShrU, OP.wrap, OP.call);
      out.unsigned(code.shared.faultIndex);
      out.byte(OP.unreachable);
    }
    out.byte(OP.end);
    return { locals: code.locals, code: out.finish(), traps: Int32Array.from(code.traps) };
  }

  /** What each round of each loop costs: never less than the instructions that it takes. Null: each block for itself. */
  #price(header: Int32Array | null): void {
    const { first, last } = this.#code.flow;
    for (const block of this.#dominance.order) {
      const size = last[block]! - first[block]! + 1;
      const payer = header === null ? block : header[block]!;
      if (payer === -1) this.#entryCost += size;
      else this.#cost[payer]! += size;
    }
  }

  /** Loops that count need no fuel in each round. */
  #count(): void {
    const { flow, ranges } = this.#code;
    for (const { header, steps, exits } of flow.counters) {
      const cost = this.#cost[header]!;
      for (const { register, by, narrow } of steps) {
        const [low, high] = ranges.boundsAt(header, register);
        if (!(high <= 0xffff_ffff)) continue;
        // Numbers of 32 bits may go around their end.
        if (narrow && (by > 0 ? high + by > 0xffff_ffff : low + by < 0)) continue;
        if (((high - low) / Math.abs(by) + 1) * cost > LONGEST_COUNT) continue;
        const counting = { header, register, by, cost };
        this.#counters.set(header, counting);
        for (const exit of exits) this.#ends.set(exit, counting);
        this.#cost[header] = 0;
        break;
      }
    }
  }

  /** Pushes the lower half of the register that a loop counts with, as it is in the loop. */
  #pushCount({ header, register }: Counting): void {
    const { out, webs } = this.#code;
    if (((webs.enter[header]! >>> register) & 1) === 1) out.get(out.narrowLocal[register]!);
    else out.get(out.wideLocal[register]!).op(OP.wrap);
  }

  /** Takes the fuel for all rounds of a loop, the one that was left included. */
  #charge(counting: Counting): void {
    const { out, fuel, start, flow } = this.#code;
    const { by, cost, header } = counting;
    out.get(fuel);
    if (by > 0) this.#pushCount(counting);
    out.get(start);
    if (by < 0) this.#pushCount(counting);
    out
      .op(OP.i32Sub, OP.extendU)
      .i64(Math.ceil(cost / Math.abs(by)), 0)
      .op(OP.i64Mul, OP.i64Sub)
      .i64(cost, 0)
      .op(OP.i64Sub)
      .set(fuel);
    this.#demandFuel(flow.first[header]!);
  }

  #prologue(): void {
    const code = this.#code;
    const { out } = code;
    out.narrow = code.webs.enter[0]!;
    for (let register = 0; register < FIRST_CONSTANT; register++) {
      const narrow = out.isNarrow(register * 2);
      const [wideLocal, narrowLocal] = [out.wideLocal[register]!, out.narrowLocal[register]!];
      if (register === FRAME_POINTER) {
        if (!out.writesFrame) continue;
        out.get(out.frame).i32(FRAME_SIZE).op(OP.i32Add);
        if (narrow) out.set(narrowLocal);
        else out.op(OP.extendU).set(wideLocal);
      } else if (code.isMain) {
        if ((register === 1 || register === 2) && !narrow && wideLocal !== -1)
          out
            .get(register - 1)
            .op(OP.extendU)
            .set(wideLocal);
      } else if (narrow && wideLocal !== -1) out.get(wideLocal).op(OP.wrap).set(narrowLocal);
    }
    if (code.mayGoto) {
      out.i32(MAY_GOTO_LIMIT);
      out.set(code.loops);
    }
    if (code.usesFuel) {
      if (code.isMain) {
        out.get(3);
        out.op(OP.bulk, TRUNCATE);
      } else {
        out.byte(OP.globalGet);
        out.unsigned(code.shared.fuelGlobal);
      }
      out.i64(this.#entryCost, 0);
      out.byte(OP.i64Sub);
      out.set(code.fuel);
      this.#demandFuel(code.flow.start);
    }
    if (code.clearsFrame && code.usesFrame) {
      out.get(out.frame);
      out.i32(0);
      out.i32(FRAME_SIZE);
      out.byte(OP.bulk);
      out.byte(MEMORY_FILL);
      out.byte(0);
    }
  }

  // ── for the writer of control flow ────────────────────────────────────────────────────────────────────────────────

  enter(block: number): void {
    const counting = this.#counters.get(block);
    if (counting === undefined) return;
    this.#pushCount(counting);
    this.#code.out.set(this.#code.start);
  }

  round(block: number, depth: number): void {
    const code = this.#code;
    const { out } = code;
    code.depth = depth;
    const cost = this.#cost[block]!;
    if (!code.usesFuel || cost === 0) return;
    out.get(code.fuel);
    out.i64(cost, 0);
    out.byte(OP.i64Sub);
    out.set(code.fuel);
    this.#demandFuel(code.flow.first[block]!);
  }

  body(block: number, depth: number): void {
    const code = this.#code;
    const { program, values } = code;
    code.depth = depth;
    const { first, last } = code.flow;
    const ended = this.#ends.get(block);
    if (ended !== undefined) this.#charge(ended);
    values.enter(block);
    code.out.narrow = code.webs.enter[block]!;
    const end = last[block]!;
    for (let slot = first[block]!; slot <= end; slot += width(program, slot)) {
      const kind = KIND_OF[program.operation[slot]!]!;
      code.at(block, slot);
      if (slot < end && (isHalfSwap(program, slot) || extendedBits(program, slot) !== 0)) {
        values.step(slot);
        code.at(block, slot + 1);
        writePair(code, slot++);
      } else if (slot === end && (kind === KIND.jump || kind === KIND.branch || kind === KIND.mayGoto)) break;
      else writeInstruction(code, slot, kind);
      values.step(slot);
    }
  }

  condition(block: number, negated: boolean): void {
    const code = this.#code;
    const { out } = code;
    const slot = code.flow.last[block]!;
    const operation = code.program.operation[slot]!;
    if (operation === OPERATION.mayGoto) {
      // Taken when the counter is 0; else it counts down.
      out.get(code.loops);
      out.get(code.loops);
      out.get(code.loops);
      out.i32(0);
      out.byte(OP.i32Ne);
      out.byte(OP.i32Sub);
      out.set(code.loops);
      if (!negated) out.byte(OP.i32Eqz);
      return;
    }
    const d = code.program.dst[slot]!;
    const s = code.program.src[slot]!;
    const wide = !isNarrowBranch(operation, code.facts);
    if (operation === OPERATION.jset64 || operation === OPERATION.jset32) {
      if (wide) out.push64(d).push64(s).op(OP.i64And);
      else out.push32(d).push32(s).op(OP.i32And);
      if (wide || negated) out.byte(wide ? OP.i64Eqz : OP.i32Eqz);
      if (wide && !negated) out.byte(OP.i32Eqz);
    } else if (wide)
      out
        .push64(d)
        .push64(s)
        .op((negated ? codes.COMPARE_64_NOT : codes.COMPARE_64)[operation]!);
    else {
      const narrowed = operation >= OPERATION.jeq32 ? operation : codes.NARROWED_CONDITION[operation]!;
      out
        .push32(d)
        .push32(s)
        .op((negated ? codes.COMPARE_32_NOT : codes.COMPARE_32)[narrowed]!);
    }
  }

  choose(node: number, side: number, negated: boolean): boolean {
    const code = this.#code;
    const { flow, program, values } = code;
    const slot = flow.first[side]!;
    const branch = program.operation[flow.last[node]!]!;
    // What `jset` leaves need not be 0 or 1.
    if (KIND_OF[branch] !== KIND.branch || branch === OPERATION.jset64 || branch === OPERATION.jset32) return false;
    if (KIND_OF[program.operation[slot]!] !== KIND.move || this.#ends.has(side)) return false;
    const next = slot + width(program, slot);
    if (next <= flow.last[side]! && KIND_OF[program.operation[next]!] !== KIND.jump) return false;
    const d = program.dst[slot]!;
    const was = this.#bitOf(registerOf(d));
    values.step(slot);
    const is = this.#bitOf(registerOf(d));
    if (was === is || was === -1 || is === -1) return false;
    this.condition(node, negated === (is === 1));
    code.at(side, slot);
    code.write32(d);
    return true;
  }

  /** 0 or 1 where a register is known to hold that now, else -1. */
  #bitOf(register: number): number {
    const { kind, low, high } = this.#code.values;
    return kind[register] === CONSTANT && high[register] === 0 && low[register]! >>> 1 === 0 ? low[register]! : -1;
  }

  #demandFuel(slot: number): void {
    const { out, fuel } = this.#code;
    out.i32((slot << 3) | FAULT.fuel);
    out.get(fuel);
    out.get(fuel);
    out.i64(0, 0);
    out.byte(OP.i64LtS);
    this.#code.faultIf();
  }
}
