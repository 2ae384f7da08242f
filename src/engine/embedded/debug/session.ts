/**
 * A debugger for programs of the embedded engine: forward and back by instruction, line, function and breakpoint.
 *
 *     using session = debug(collection.programs.firewall, { packet });
 *     session.breakpoints.add({ line: 22 }, "ip.source == 203.0.113.66");
 *     session.continue();               // { reason: "breakpoint", … }
 *     session.state.registers[2];
 *     session.back();
 *
 * Nothing is executed twice: a run is recorded while its hook runs it, and what one sees afterwards is the record, so clock, random
 * numbers and what helpers did are what they were. A long run goes on without its hook. As long as a session looks at a run, the
 * program's CPU is busy; when it leaves, everything is as the run left it.
 */

import { print } from "../../../isa/print.ts";
import { helperName } from "../../../uapi/helpers.ts";
import type { Program, RunInput } from "../../engine.ts";
import { FaultError } from "../../errors.ts";
import type { AnyMap } from "../../maps.ts";
import type { Cpu } from "../cpu.ts";
import { Interpreter, POSITION, SAVED_WORDS } from "../interpreter.ts";
import { instructionAt } from "../program.ts";
import { Breakpoints, type Came } from "./breakpoints.ts";
import { ChangeReader, type Changes } from "./changes.ts";
import { type Debuggee, debuggeeOf } from "./debuggee.ts";
import { DebugExecutor } from "./executor.ts";
import { parseExpression, type Value } from "./expression.ts";
import { type PacketLayer, packetLayers } from "./layers.ts";
import { SourceLines } from "./lines.ts";
import { Machine } from "./machine.ts";
import { Places } from "./places.ts";
import { ProgramScope } from "./scope.ts";
import type { ContinueOptions, DebugState, Frame, Stop } from "./state.ts";
import { type Touch, Touched } from "./touched.ts";
import { Watches } from "./watches.ts";

export interface DebugOptions {
  /** Bytes that the record of the run may take, from 64 KiB on; beyond it the oldest steps are forgotten. Default 64 MiB. */
  readonly history?: number;
}

/** Instructions of a run that are carried out while its hook waits. */
const MOST_AT_ONCE = 500_000;

/** Thrown through a hook by a run that goes on without it. */
const OUT_OF_HOOK: unknown = Symbol("out of its hook");

const SMALLEST_HISTORY = 64 * 1024;
const DEFAULT_HISTORY = 64 * 1024 * 1024;

/**
 * Begins a run of the program and stops before its first instruction.
 * @param input what `program.run` takes; null to begin later, with `session.begin`.
 * @throws TypeError for a program of another engine; what `program.run` throws for an input that it does not take.
 */
export function debug(program: Program, input: RunInput | null, options: DebugOptions = {}): DebugSession {
  const session = new DebugSession(program, options);
  if (input !== null) session.begin((program) => program.run(input));
  return session;
}

export class DebugSession implements Disposable {
  /**
   * The program as the debugger runs it: attach this one to have events of a device debugged. Outside of `begin` it runs as
   * it always does.
   */
  readonly program: Program;
  readonly breakpoints: Breakpoints;
  readonly watches: Watches;
  readonly lines: SourceLines;
  readonly #debuggee: Debuggee;
  readonly #executors: readonly DebugExecutor[];
  readonly #history: number;
  #run: Run | null = null;
  /** The next run is the one to debug. */
  #armed = false;
  #scopeOf: Run | null = null;
  #scope: ProgramScope;

  /** Use `debug`. */
  constructor(program: Program, options: DebugOptions) {
    const history = options.history ?? DEFAULT_HISTORY;
    if (!(history >= SMALLEST_HISTORY)) {
      throw new RangeError(`history: expected a number of bytes from ${SMALLEST_HISTORY} on, found ${history}`);
    }
    const debuggee = debuggeeOf(program);
    const { code, maps } = debuggee.resolved;
    this.#debuggee = debuggee;
    this.#history = history;
    this.#executors = debuggee.cpus.map(
      (cpu) =>
        new DebugExecutor(new Interpreter(code, cpu, debuggee.helpers, maps), (interpreter, context, fuel) =>
          this.#armed ? this.#take(interpreter, context, fuel) : interpreter.call(context, fuel),
        ),
    );
    this.program = debuggee.make(this.#executors);
    this.lines = new SourceLines(code, program.spec.functions);
    this.#scope = new ProgramScope(this.#executors[0]!.interpreter, debuggee, this.lines, program.spec.type);
    this.breakpoints = new Breakpoints(code, this.lines, () => this.scope);
    this.watches = new Watches(() => this.scope);
  }

  /**
   * Begins another run and stops before its first instruction; breakpoints and watches stay. A run that is not at its end is
   * dropped where it stands.
   * @param start makes `session.program` run: `(program) => program.run({ packet })`, or a device of the engine receive.
   * @throws TypeError when the program was not run; what `start` throws.
   */
  begin(start: (program: Program) => unknown): void {
    this.leave();
    this.#armed = true;
    try {
      start(this.program);
    } catch (error) {
      // What the program did wrong is for the debugger to show; a run that is still going on leaves its hook like this.
      const run: Run | null = this.#run;
      if (error !== OUT_OF_HOOK && (run === null || run.machine.fault === null)) {
        this.leave();
        throw error;
      }
    } finally {
      this.#armed = false;
    }
    const run: Run | null = this.#run;
    if (run === null) throw new TypeError(`${this.program.name} was not run: nothing reached it`);
    run.cpu.busy = true;
    run.machine.setAsideWhatFollowed();
    while (run.machine.back());
    this.watches.changed();
  }

  /**
   * The program's run has come to where its first instruction is next. Helpers may need what the hook keeps only as long as the run
   * lasts, so it is carried out here, and recorded; only a long one leaves the hook before its end.
   * @returns the lower half of r0. @throws FaultError as the run; OUT_OF_HOOK
   */
  #take(interpreter: Interpreter, context: number, fuel: number): number {
    this.#armed = false;
    interpreter.reset();
    interpreter.registers[2] = context;
    interpreter.begin();
    const { space, memory } = interpreter;
    // A packet may grow at both ends, within its region.
    const region = memory.regionAt(space.packetStart);
    const touched = new Touched(space, region?.start ?? 0, region === undefined ? 0 : region.start + region.size);
    const machine = new Machine(interpreter, fuel, this.#history, touched);
    this.#run = new Run(interpreter, machine, touched);
    const { tape } = machine;
    while (tape.time < tape.newest || (tape.time < MOST_AT_ONCE && tape.size * 2 < this.#history)) {
      if (machine.step()) continue;
      if (machine.fault !== null) throw machine.fault;
      return interpreter.registers[0]!;
    }
    throw OUT_OF_HOOK;
  }

  /**
   * The rest of the run at full speed, without stopping; afterwards there is none.
   * @returns the fault that it ended with, or null.
   */
  complete(): FaultError | null {
    const { machine } = this.#running;
    try {
      machine.complete();
      return machine.fault;
    } catch (error) {
      if (error instanceof FaultError) return error;
      throw error;
    } finally {
      this.leave();
    }
  }

  /** Takes over the breakpoints and watches of another session of the same program, loaded anew. */
  adopt(other: DebugSession): void {
    this.breakpoints.adopt(other.breakpoints);
    this.watches.adopt(other.watches);
  }

  /** Lets go of the run; what it has done is done, and the program's CPU is free again. */
  leave(): void {
    const run = this.#run;
    this.#run = null;
    if (run === null) return;
    run.machine.leave();
    run.cpu.busy = false;
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  // ── forward ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One instruction. */
  step(): Stop {
    const stop = this.#forward();
    return stop ?? { reason: "step" };
  }

  /** To the next source line of this function or its caller, over calls; without line information, over one instruction. */
  line(options: ContinueOptions = {}): Stop {
    const { pc, depth } = this.#came();
    return this.#until(options, (now) => {
      if (now.depth > depth) return false;
      if (now.depth < depth) return true;
      return !this.lines.same(pc, now.pc) || this.lines.begins(now.pc);
    });
  }

  /** Until the current function has returned. */
  finish(options: ContinueOptions = {}): Stop {
    const { depth } = this.#came();
    return this.#until(options, (now) => now.depth < depth);
  }

  /** To the next breakpoint, change of something watched, fault, or the end. */
  continue(options: ContinueOptions = {}): Stop {
    return this.#until(options, () => false);
  }

  // ── back ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One instruction. */
  back(): Stop {
    return this.#backward() ?? { reason: "step" };
  }

  /** To where the current line began; from there, to where the line before it did; over calls. */
  backLine(options: ContinueOptions = {}): Stop {
    const { depth } = this.#came();
    return this.#untilBack(options, (now) => {
      if (now.depth > depth) return false;
      if (now.depth < depth || this.lines.at(now.pc) === null || this.lines.begins(now.pc)) return true;
      const before = this.#peek();
      return before === null || (before.depth === now.depth && !this.lines.same(before.pc, now.pc));
    });
  }

  /** To the previous breakpoint or change of something watched, or the beginning. */
  reverseContinue(options: ContinueOptions = {}): Stop {
    return this.#untilBack(options, () => false);
  }

  /** To the beginning of the run, or of what is still known of it. Everything is what it was then. */
  restart(): Stop {
    const { machine } = this.#running;
    while (machine.back());
    this.watches.changed();
    return { reason: "beginning", forgotten: machine.tape.time > 0 };
  }

  // ── what there is to see ──────────────────────────────────────────────────────────────────────────────────────────

  /** How many instructions of the run were carried out; also while it is recorded, so that a print can be told its time. */
  get time(): number {
    return this.#run?.machine.tape.time ?? 0;
  }

  /** Whether a run was begun. */
  get active(): boolean {
    return this.#run !== null;
  }

  get state(): DebugState {
    const { machine, interpreter } = this.#running;
    const { pc } = this.#came();
    const instruction = instructionAt(interpreter.program, pc);
    if (instruction === undefined) throw new TypeError(`no instruction begins at slot ${pc}`);
    return {
      status: machine.status,
      time: machine.tape.time,
      slot: pc,
      line: this.lines.at(pc),
      instruction,
      registers: Array.from({ length: 11 }, (_, index) => this.scope.register(index)),
      frames: this.#frames(),
    };
  }

  /** What the last step changed; nothing at the beginning. */
  get changes(): Changes {
    return this.changesSince(this.#running.machine.tape.time - 1);
  }

  /** What is different from another time of the run (`state.time`), earlier or later: `before` is what it was then. */
  changesSince(time: number): Changes {
    return new ChangeReader(this.#running.machine, this.places, this.#debuggee.helpers, this.maps).since(time);
  }

  /** Why the next instruction cannot be carried out, or null. */
  get fault(): FaultError | null {
    return this.#running.machine.fault;
  }

  /** From which time to which the record goes, how many bytes it takes, and how many it may. */
  get history(): { readonly oldest: number; readonly newest: number; readonly bytes: number; readonly limit: number } {
    const { tape } = this.#running.machine;
    return { oldest: tape.oldest, newest: tape.newest, bytes: tape.size, limit: this.#history };
  }

  /** Maps of the program's collection. */
  get maps(): Readonly<Record<string, AnyMap>> {
    return this.#debuggee.maps();
  }

  /** The value of an expression (`expression.ts`) here. @throws ExpressionError when it is none or has none. */
  evaluate(expression: string): Value {
    return parseExpression(expression)(this.scope);
  }

  /** What 64 bits point at — `packet+14`, `value of drops["…"]+0` — or null. */
  describe(value: bigint): string | null {
    return this.places.describe(value);
  }

  /** The packet as it is now: a view, valid until the next step. */
  get packet(): Uint8Array {
    return this.scope.packetBytes();
  }

  get layers(): readonly PacketLayer[] {
    return packetLayers(this.packet);
  }

  /** What the program has done so far with a byte of the packet, by instructions of its own; helpers only count as writers. */
  touched(offset: number): Touch {
    const { touched, machine, interpreter } = this.#running;
    return touched.at(interpreter.space.packetData + offset, machine.tape.time);
  }

  /** Memory of the engine: a view, valid until the next step. @throws ExpressionError where there is none. */
  bytes(address: bigint, size: number): Uint8Array {
    return this.scope.bytes(address, size);
  }

  /** An instruction as text, with the names of helpers and maps. */
  text(slot: number): string | null {
    const { code } = this.#debuggee.resolved;
    const instruction = instructionAt(code, slot);
    if (instruction === undefined) return null;
    const relocation = this.program.spec.relocations.find((each) => each.slot === slot);
    if (relocation === undefined) return print(instruction, { helperName });
    const { map, kind, offset } = relocation;
    return `r${instruction.dst} = ${kind === "map" ? `map ${map}` : `${map}+${offset}`}`;
  }

  /** Slots of the program, in which `text` is not null where an instruction begins. */
  get slots(): number {
    return this.#debuggee.resolved.code.operation.length;
  }

  get places(): Places {
    const run = this.#running;
    run.places ??= new Places(run.interpreter, this.#debuggee.spec, this.lines);
    return run.places;
  }

  /** For expressions: what names mean here. */
  get scope(): ProgramScope {
    const run = this.#run;
    if (run !== null && run !== this.#scopeOf) {
      this.#scopeOf = run;
      this.#scope = new ProgramScope(run.interpreter, this.#debuggee, this.lines, this.program.spec.type);
    }
    return this.#scope;
  }

  // ── how ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #running(): Run {
    if (this.#run === null) throw new TypeError(`${this.program.name} is not running: begin a run first`);
    return this.#run;
  }

  #came(): Came {
    const { position } = this.#running.interpreter;
    return { pc: position[POSITION.pc]!, depth: position[POSITION.depth]! };
  }

  /** Where the run was one step before; null at the beginning. */
  #peek(): Came | null {
    const { machine } = this.#running;
    if (!machine.back()) return null;
    const came = this.#came();
    machine.step();
    return came;
  }

  /** One instruction. @returns why the run cannot go on, or what watched changed; null when neither. */
  #forward(): Stop | null {
    const { machine } = this.#running;
    const { pc } = this.#came();
    const moved = machine.step();
    if (moved) {
      const changes = this.watches.changed();
      if (changes.length > 0) return { reason: "watch", slot: pc, changes, breakpoints: [] };
    }
    if (machine.fault !== null && !moved) return { reason: "fault", error: machine.fault };
    if (machine.status === "ended") return { reason: "end", result: this.scope.register(0) };
    return null;
  }

  #backward(): Stop | null {
    const { machine } = this.#running;
    if (!machine.back()) return { reason: "beginning", forgotten: machine.tape.time > 0 };
    const changes = this.watches.changed();
    return changes.length > 0 ? { reason: "watch", slot: this.#came().pc, changes, breakpoints: [] } : null;
  }

  #until(options: ContinueOptions, arrived: (now: Came) => boolean): Stop {
    const deadline = deadlineOf(options);
    for (let count = 1; ; count++) {
      const from = this.#came();
      const stop = this.#forward();
      if (stop !== null && stop.reason !== "watch") return stop;
      const now = this.#came();
      const breakpoints = this.breakpoints.at(now.pc, now.depth, () => from);
      if (stop !== null) return { ...stop, breakpoints };
      if (breakpoints.length > 0) return { reason: "breakpoint", breakpoints };
      if (arrived(now)) return { reason: "step" };
      if (count % 64 === 0 && performance.now() > deadline) return { reason: "paused" };
    }
  }

  #untilBack(options: ContinueOptions, arrived: (now: Came) => boolean): Stop {
    const deadline = deadlineOf(options);
    for (let count = 1; ; count++) {
      const stop = this.#backward();
      if (stop !== null && stop.reason !== "watch") return stop;
      const now = this.#came();
      const breakpoints = this.breakpoints.at(now.pc, now.depth, () => this.#peek());
      if (stop !== null) return { ...stop, breakpoints };
      if (breakpoints.length > 0) return { reason: "breakpoint", breakpoints };
      if (arrived(now)) return { reason: "step" };
      if (count % 64 === 0 && performance.now() > deadline) return { reason: "paused" };
    }
  }

  #frames(): readonly Frame[] {
    const { saved } = this.#running.interpreter;
    const { pc, depth } = this.#came();
    const slots = [pc, ...Array.from({ length: depth }, (_, index) => saved[(depth - 1 - index) * SAVED_WORDS]!)];
    return slots.map((slot) => ({ function: this.lines.functionAt(slot).name, slot, line: this.lines.at(slot) }));
  }
}

function deadlineOf({ milliseconds }: ContinueOptions): number {
  return milliseconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + milliseconds;
}

/** A run that was begun. */
class Run {
  readonly interpreter: Interpreter;
  readonly machine: Machine;
  readonly touched: Touched;
  readonly cpu: Cpu;
  places: Places | undefined;

  constructor(interpreter: Interpreter, machine: Machine, touched: Touched) {
    this.interpreter = interpreter;
    this.machine = machine;
    this.touched = touched;
    this.cpu = interpreter.cpu;
  }
}
