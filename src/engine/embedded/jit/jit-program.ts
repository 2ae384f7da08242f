/** A compiled program on one CPU: its module instantiated, the helpers and faults that it calls. */

import { type FaultError, MapError } from "../../errors.ts";
import { AddressSpace, FRAME_SIZE, FRAMES, FUNCTION_TAG } from "../access.ts";
import { Arguments, BYTES_PER_INSTRUCTION_LOG2 } from "../arguments.ts";
import { CALLS, type Cpu } from "../cpu.ts";
import type { CallEach, Executor, SharedCode, TailCaller } from "../executor.ts";
import { faultAt } from "../fault.ts";
import type { Helper, HelperCall, Later } from "../helpers/helper.ts";
import { calledUnderLock, Ledger, type Obligation } from "../helpers/ledger.ts";
import { DEFAULT_FUEL } from "../interpreter.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory, WasmMemory } from "../memory.ts";
import type { PreparedProgram } from "../program.ts";
import { IN_FUNCTION } from "./calls.ts";
import type { EachExports } from "./each.ts";
import { KIND, KIND_OF, SIZE_OF } from "./effects.ts";
import { FAULT } from "./function-code.ts";
import type { JitCode, WasmModule } from "./jit-code.ts";
import { lookupName, updateName } from "./map-functions.ts";
import { type CompiledProgram, callbackName, helperName, isFull } from "./module.ts";
import { type FunctionTable, type MainFunction, type TailTable, TailTables } from "./tail-table.ts";

type Import = ((...args: number[]) => number | void) | WasmMemory | FunctionTable | number;

// What we use of WebAssembly; the DOM library that declares it is not for Node.
declare const WebAssembly: {
  readonly Instance: new (module: WasmModule, imports: { skep: Record<string, Import> }) => { readonly exports: Exports };
  readonly RuntimeError: new (message?: string) => Error;
};

/** Lower halves of r1 to r5, and its frame; the lower half of r0. */
type Callback = (a: number, b: number, c: number, d: number, e: number, frame: number) => number;

/** Of all engines: a CPU belongs to one. */
const TAIL_TABLES = new TailTables<JitProgram>();

interface Exports extends EachExports {
  run(r1: number, r2: number, frame: number, fuel: number): number;
  high?(): number;
  /** Sets the fuel, before a callback is called that no program calls. */
  readonly fuel?: (fuel: number) => void;
  /** What is left of it. */
  readonly left?: () => number;
  /** What tail calls find. */
  readonly tail?: MainFunction;
  readonly [name: `callback ${number}`]: Callback;
}

/** What `packet` throws to leave the program: a legacy packet load beyond the packet, in its main function, ends it with 0. */
const LEAVE = new Error("a packet load ended the program");

export class JitProgram implements HelperCall, Executor {
  readonly program: PreparedProgram;
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly space: AddressSpace;
  readonly callEach: CallEach | null;
  readonly shared: SharedCode;
  readonly maps: readonly MapStore[];
  high = 0;
  /** Upper half of the last result, where the code was compiled with `wideResult`. */
  resultHigh = 0;

  readonly #jit: JitCode;
  readonly #code: CompiledProgram;
  readonly #run: Exports["run"];
  readonly #high: Exports["high"];
  /** Whether anything looks at `space`, or at the fuel that helpers take. */
  readonly #usesSpace: boolean;
  /** r0 to r10 as helpers see them: arguments are put here for their checks and their upper halves. */
  readonly #registers = new Int32Array(22);
  readonly #arguments: Arguments;
  #fuel = 0;
  #worked = 0;
  /** 1 when the last legacy packet load was beyond the packet. */
  #beyond = 0;
  readonly #table: TailTable<JitProgram>;
  /** Whether it makes tail calls, or may be reached by them. */
  readonly #tails: boolean;
  readonly #tail: MainFunction | undefined;
  readonly #setFuel: ((fuel: number) => void) | undefined;
  readonly #fuelLeft: (() => number) | undefined;
  /** The same program as tail calls reach it. */
  #asTarget: JitProgram | null = null;
  /** While `callEach` runs: opens what the run at hand may touch. */
  #open: (() => void) | null = null;
  /** By slot: functions of the program that helpers may call back. */
  readonly #callbacks = new Map<number, Callback>();
  /** The one of them that was called last. */
  #calledTarget = -1;
  #called: Callback | null = null;
  /** What the program must release before its end; kept in checked mode. */
  readonly #ledger = new Ledger();
  readonly checked: boolean;
  /** In checked mode: where the helper that runs now was called. */
  #slot = 0;

  constructor(code: JitCode, cpu: Cpu) {
    const { program, options } = code.compiled;
    this.program = program;
    this.cpu = cpu;
    this.memory = cpu.room.memory;
    this.maps = options.maps;
    this.space = new AddressSpace(
      this.memory,
      options.maps.map(({ values }) => values),
    );
    this.space.nullReads = program.nullReads;
    this.space.objects = cpu.room.heap;
    this.#jit = code;
    this.#code = code.compiled;
    this.#table = TAIL_TABLES.of(cpu);
    this.checked = options.mode === "checked";
    this.#arguments = new Arguments(this.#registers, this.space, options.maps, program.taken, this.#ledger);
    const { asks } = code.compiled;
    this.#usesSpace = options.mode === "checked" || asks;
    this.#tails = code.compiled.tails;
    const { exports } = new WebAssembly.Instance(code.module, { skep: this.#imports() });
    this.#run = exports.run;
    this.#high = exports.high;
    this.shared = code.shared;
    this.#tail = exports.tail;
    this.#setFuel = exports.fuel;
    this.#fuelLeft = exports.left;
    this.callEach = asks ? null : this.#each(exports);
    for (const start of program.taken) this.#callbacks.set(start, exports[callbackName(start)]!);
  }

  call(context: number, fuel: number): number {
    return this.run(context, 0, fuel);
  }

  /**
   * Runs the program; `space` says what helpers may touch, its stack is set here.
   * @param r1 and `r2`: what these registers hold at the start, zero-extended.
   * @param fuel most instructions; in checked mode only. What is charged for a round of a loop is all instructions of the loop, so
   *   that a program may be stopped sooner than in the interpreter. A loop that counts is charged when it ends: where the fuel ends in
   *   it, the program is stopped behind it, at most a million instructions later.
   * @returns the lower half of r0, as i32.
   * @throws FaultError when the program was stopped, and what helpers throw.
   */
  run(r1: number, r2 = 0, fuel: number = DEFAULT_FUEL): number {
    const frame = this.cpu.stackEnd - FRAME_SIZE;
    if (this.#usesSpace) {
      const { space } = this;
      space.stackEnd = this.cpu.stackEnd;
      space.stackLow = frame;
      space.revokeAll();
      this.#fuel = fuel;
      this.#worked = 0;
      this.#ledger.clear();
      this.#begin(frame, fuel);
    }
    try {
      const result = this.#run(r1, r2, frame, fuel);
      if (this.#tails) this.#end();
      if (this.#ledger.size !== 0) throw this.#unreleased();
      if (this.#high !== undefined) this.resultHigh = this.#high();
      return result;
    } catch (error) {
      if (error === LEAVE) {
        this.resultHigh = 0;
        return 0;
      }
      throw this.#stopped(error);
    }
  }

  #each({ each, place }: EachExports): CallEach {
    const frame = this.cpu.stackEnd - FRAME_SIZE;
    return (context, stride, results, count, fuel, open, failed) => {
      this.space.stackEnd = this.cpu.stackEnd;
      this.space.stackLow = frame;
      this.#fuel = fuel;
      this.#open = () => open(place() >>> 0);
      try {
        for (let done = 0; done < count; ) {
          try {
            each(context + done * stride, stride, results + done * 4, count - done, frame, fuel);
            break;
          } catch (error) {
            const result = place() >>> 0;
            done = (result - results) / 4 + 1;
            this.memory.words[result >>> 2] = 0;
            failed(this.#stopped(error));
          }
        }
      } finally {
        this.#open = null;
      }
    };
  }

  // ── tail calls ────────────────────────────────────────────────────────────────────────────────────────────────────

  offer(number: number): void {
    this.#asTarget ??= this.#tails ? this : new JitProgram(this.#jit.tailed, this.cpu);
    this.#table.set(number, this.#asTarget.#tail!);
  }

  takeOver(context: number, end: number, fuel: number, caller: TailCaller): number {
    this.#asTarget ??= this.#tails ? this : new JitProgram(this.#jit.tailed, this.cpu);
    const target = this.#asTarget;
    const { space } = target;
    target.#enter(end - FRAME_SIZE, caller.space, caller.fuel);
    try {
      return target.#run(context, 0, end - FRAME_SIZE, fuel);
    } catch (error) {
      throw target.#stopped(error);
    } finally {
      caller.space.adopt((this.#table.current ?? target).space);
      space.stackEnd = end;
    }
  }

  /** A run begins in this program. */
  #begin(frame: number, fuel: number): void {
    const { calls } = this.cpu;
    const { words, view } = this.memory;
    words[(calls + CALLS.bottom) >>> 2] = frame - (FRAMES - 1) * FRAME_SIZE;
    if (!this.#tails) return;
    words[(calls + CALLS.count) >>> 2] = 0;
    view.setFloat64(calls + CALLS.fuel, fuel, true);
    this.#table.current = this;
    this.#table.waiting.length = 0;
  }

  /** It ended, here or in a program that a tail call began. */
  #end(): void {
    const last = this.#table.current;
    if (last === null || last === this) return;
    this.space.adopt(last.space);
    if (last.#ledger.size !== 0) throw last.#unreleased();
  }

  /** A tail call goes on with this program. */
  #enter(frame: number, from: AddressSpace, fuel: number): void {
    const { space } = this;
    space.adopt(from);
    space.stackEnd = frame + FRAME_SIZE;
    space.stackLow = frame;
    space.revokeAll();
    this.#fuel = fuel;
    this.#worked = 0;
    this.#ledger.clear();
    this.#table.current = this;
    this.memory.words[(this.cpu.calls + CALLS.bottom) >>> 2] = frame - (FRAMES - 1) * FRAME_SIZE;
  }

  /** A function that is not the main one makes a tail call: it waits. */
  #leave(slot: number, frame: number): void {
    if (frame - (FRAMES - 1) * FRAME_SIZE < this.cpu.stackStart)
      throw faultAt(this.program, slot, "functions that made tail calls have used the stack up");
    this.#table.waiting.push({ runner: this, stackEnd: this.space.stackEnd });
  }

  #back(): void {
    const table = this.#table;
    const last = table.current;
    const { stackEnd } = table.waiting.pop()!;
    if (last !== null && last !== this) {
      if (last.#ledger.size !== 0) throw last.#unreleased();
      this.space.adopt(last.space);
    }
    this.space.stackEnd = stackEnd;
    table.current = this;
    this.memory.words[(this.cpu.calls + CALLS.bottom) >>> 2] = stackEnd - FRAMES * FRAME_SIZE;
  }

  // ── for helpers ───────────────────────────────────────────────────────────────────────────────────────────────────

  highOf(argument: number): number {
    return this.#registers[argument * 2 + 1]!;
  }

  mapAt(handle: number): MapStore {
    const map = this.#arguments.findMap(handle >>> 0);
    if (map === null) throw new TypeError(`no map at ${handle >>> 0}`);
    return map;
  }

  callback(target: number, a: number, b: number, c: number, d: number, e: number): number {
    const { space } = this;
    const slot = this.#slot;
    const held = this.#ledger.size;
    const frame = space.stackLow - FRAME_SIZE;
    if (frame < space.stackEnd - FRAMES * FRAME_SIZE) throw this.fault(`calls are nested deeper than ${FRAMES} functions`);
    if (target !== this.#calledTarget) {
      this.#calledTarget = target;
      this.#called = this.#callbacks.get(target)!;
    }
    const result = this.#called!(a, b, c, d, e, frame);
    if (this.#ledger.size !== held) throw this.#unreleased();
    space.stackLow = frame + FRAME_SIZE;
    this.#slot = slot;
    return result;
  }

  later(target: number): Later {
    const fuel = this.#fuel;
    return (map, key, value, keySize) => {
      const { space, cpu } = this;
      const before = space.leave();
      const frame = cpu.stackEnd - FRAME_SIZE;
      cpu.busy = true;
      try {
        space.stackEnd = cpu.stackEnd;
        space.stackLow = frame;
        space.revokeAll();
        space.grant(key, keySize, false);
        this.#fuel = fuel;
        this.#worked = 0;
        this.#ledger.clear();
        this.#begin(frame, fuel);
        this.#setFuel?.(fuel);
        this.#callbacks.get(target)!(map, key, value, 0, 0, frame);
        if (this.#ledger.size !== 0) throw this.#unreleased();
        return this.#fuelLeft === undefined ? 0 : fuel - this.#fuelLeft() + this.#worked;
      } catch (error) {
        throw this.#stopped(error);
      } finally {
        cpu.busy = false;
        space.adopt(before);
      }
    };
  }

  acquire(what: Obligation, address: number): void {
    if (this.checked && what.isLock === true && what.nests !== true && this.#ledger.locks > 0)
      throw this.fault("a second lock is taken while one is held");
    if (this.checked) this.#ledger.add(what, address, this.#slot);
  }

  release(what: Obligation, address: number): void {
    if (this.checked && !this.#ledger.remove(what, address)) throw this.fault(`the program holds no such ${what.name}`);
  }

  hold(what: Obligation, address: number): void {
    if (this.checked && !this.#ledger.holds(what, address)) throw this.fault(`the program holds no such ${what.name}`);
  }

  work(bytes: number): void {
    if (!this.checked) return;
    this.#worked += bytes >>> BYTES_PER_INSTRUCTION_LOG2;
    if (this.#worked > this.#fuel) throw this.#fault(FAULT.fuel, this.#slot, 0, 0);
  }

  fault(why: string): FaultError {
    return faultAt(this.program, this.checked ? this.#slot : this.#slotIn(new Error().stack), why);
  }

  // ── what the module imports ───────────────────────────────────────────────────────────────────────────────────────

  #imports(): Record<string, Import> {
    const { options, program, callees } = this.#code;
    const imports: Record<string, Import> = {
      memory: this.memory.wasm,
      cpu: this.cpu.id,
      bottom: this.cpu.calls + CALLS.bottom,
      calls: this.cpu.calls,
      tails: this.#table.functions,
      enter: (frame) => {
        const { current } = this.#table;
        if (current === null) throw new TypeError(`${this.program.name}: a tail call from nowhere`);
        if (current.#ledger.size !== 0) throw current.#unreleased();
        this.#enter(frame! >>> 0, current.space, current.#fuel);
      },
      leave: (slot, frame) => this.#leave(slot!, frame! >>> 0),
      back: () => this.#back(),
      fault: (what, low, high) => {
        this.#open?.();
        throw this.#fault(what! & 7, what! >>> 3, low!, high!);
      },
      high: () => this.high,
      packet: (offset, more, size) => this.#packet(offset! + more!, size! & ~IN_FUNCTION, (size! & IN_FUNCTION) !== 0),
      beyond: () => this.#beyond,
      callee: (slot, low, high) => {
        if (high === 0) return -1;
        const index = callees.indexOf(low!);
        if (high !== FUNCTION_TAG || index < 0) {
          throw faultAt(this.program, slot!, "the register holds no function of this program and no helper's number");
        }
        return index;
      },
      call: (slot, frame, a, b, c, d, e, f, g, h, i, j, id) => {
        const helper = options.helpers[id!];
        if (helper === undefined) throw faultAt(this.program, slot!, `the embedded engine offers no helper with number ${id}`);
        const result = this.#checkedCall(helper, slot!, frame!, a!, b!, c!, d!, e!, f!, g!, h!, i!, j!);
        if (helper.result !== "u64") this.high = helper.result === "int" ? result >> 31 : 0;
        return helper.result === "void" ? 0 : result;
      },
    };
    const cpu = this.cpu.id;
    for (const map of this.maps) {
      imports[lookupName(map)] = (key) => map.lookup(key! >>> 0, cpu);
      imports[updateName(map)] = (key, value, flags) => map.update(key! >>> 0, value! >>> 0, flags!, cpu);
    }
    for (let slot = 0; slot < program.operation.length; slot++) {
      if (KIND_OF[program.operation[slot]!] !== KIND.callHelper) continue;
      const id = program.extra[slot]!;
      const helper = options.helpers[id]!;
      imports[helperName(id)] ??= this.#helper(helper, options.mode === "checked");
    }
    return imports;
  }

  /** A helper as a function of numbers. Hot. */
  #helper(helper: Helper, checked: boolean): Import {
    const { run, args } = helper;
    if (checked) {
      return (slot, frame, a, b, c, d, e, f, g, h, i, j) =>
        this.#checkedCall(helper, slot!, frame!, a!, b!, c!, d!, e!, f!, g!, h!, i!, j!);
    }
    if (isFull(helper, checked)) {
      return (_slot, frame, a, b, c, d, e, f, g, h, i, j) => {
        this.space.stackLow = frame! >>> 0;
        this.#load(a!, b!, c!, d!, e!, f!, g!, h!, i!, j!);
        return run(this, a!, b!, c!, d!, e!);
      };
    }
    switch (args.length) {
      case 0:
        return () => run(this, 0, 0, 0, 0, 0);
      case 1:
        return (a) => run(this, a!, 0, 0, 0, 0);
      case 2:
        return (a, b) => run(this, a!, b!, 0, 0, 0);
      case 3:
        return (a, b, c) => run(this, a!, b!, c!, 0, 0);
      case 4:
        return (a, b, c, d) => run(this, a!, b!, c!, d!, 0);
      default:
        return (a, b, c, d, e) => run(this, a!, b!, c!, d!, e!);
    }
  }

  /** Lower halves a to e and upper halves f to j of r1 to r5. */
  #checkedCall(
    helper: Helper,
    slot: number,
    frame: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
  ): number {
    this.#load(a, b, c, d, e, f, g, h, i, j);
    this.space.stackLow = frame >>> 0;
    const complaint = this.#arguments.check(helper);
    if (complaint !== null) throw faultAt(this.program, slot, complaint);
    if (this.#ledger.locks > 0 && helper.underLock !== true) throw faultAt(this.program, slot, calledUnderLock(helper));
    this.#worked += this.#arguments.work;
    if (this.#worked > this.#fuel) throw this.#fault(FAULT.fuel, slot, 0, 0);
    this.#slot = slot;
    return helper.run(this, a, b, c, d, e);
  }

  #load(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number): void {
    const r = this.#registers;
    r[2] = a;
    r[3] = f;
    r[4] = b;
    r[5] = g;
    r[6] = c;
    r[7] = h;
    r[8] = d;
    r[9] = i;
    r[10] = e;
    r[11] = j;
  }

  #packet(at: number, size: number, inFunction: boolean): number {
    const { space, memory } = this;
    const address = space.packetData + at;
    this.#beyond = at < 0 || address + size > space.packetEnd ? 1 : 0;
    if (this.#beyond === 1) {
      if (inFunction) return 0;
      throw LEAVE;
    }
    const { view } = memory;
    return size === 1 ? view.getUint8(address) : size === 2 ? view.getUint16(address) : view.getInt32(address);
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #fault(kind: number, slot: number, low: number, high: number): FaultError {
    const { operation, offset } = this.program;
    const size = SIZE_OF[operation[slot]!]!;
    switch (kind) {
      case FAULT.fuel:
        return faultAt(this.program, slot, `stopped after ${this.#fuel} instructions`);
      case FAULT.depth:
        return faultAt(this.program, slot, `calls are nested deeper than ${FRAMES} functions`);
      case FAULT.alignment:
        return faultAt(this.program, slot, `the address must be a multiple of ${size}; it is ${(low >>> 0) % size} beyond one`);
      case FAULT.value:
        return faultAt(
          this.program,
          slot,
          `${this.#argument(slot, 3)} (value): ${this.space.complain(low >>> 0, high, 1, false)}`,
        );
      default: {
        const what = KIND_OF[operation[slot]!]!;
        const write = what === KIND.store || what === KIND.release || what === KIND.atomic;
        if (what !== KIND.callHelper)
          return faultAt(this.program, slot, this.space.complain((low >>> 0) + offset[slot]!, high, size, write));
        const kind = this.#code.options.helpers[this.program.extra[slot]!]?.args[1] === "key" ? "key" : "value";
        return faultAt(
          this.program,
          slot,
          `${this.#argument(slot, 2)} (${kind}): ${this.space.complain(low >>> 0, high, 1, false)}`,
        );
      }
    }
  }

  #argument(slot: number, number: number): string {
    return `argument ${number} of ${this.#code.options.helpers[this.program.extra[slot]!]?.name ?? "a helper"}`;
  }

  /** Something was acquired and not released. */
  #unreleased(): FaultError {
    const { slot, why } = this.#ledger.leftOver() ?? { slot: this.#slot, why: "more was released than acquired" };
    return faultAt(this.program, slot, why);
  }

  /** What stopped the program, for whoever ran it: traps, and maps that it spoilt, are faults of it. */
  #stopped(error: unknown): unknown {
    this.#ledger.abandon(this.memory);
    if (error instanceof WebAssembly.RuntimeError) return this.#trapped(error);
    return error instanceof MapError && this.checked ? faultAt(this.program, this.#slot, error.message) : error;
  }

  /** A trap of WebAssembly. */
  #trapped(error: Error): FaultError {
    return faultAt(this.program, this.#slotIn(error.stack), error.message);
  }

  /** Where the program was: it is in the stack that V8 and SpiderMonkey give. */
  #slotIn(stack = ""): number {
    let slot = 0;
    // A generated lookup is in none of the program's functions; whoever called it is.
    for (const [, number, offset] of stack.matchAll(/wasm-function\[(\d+)\]:0x([0-9a-f]+)/g)) {
      const code = this.#code.traps.get(Number(number));
      if (code === undefined) continue;
      const at = Number.parseInt(offset!, 16) - code.start;
      for (let pair = 0; pair < code.pairs.length && code.pairs[pair]! <= at; pair += 2) slot = code.pairs[pair + 1]!;
      break;
    }
    return slot;
  }
}
