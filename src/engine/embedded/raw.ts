/**
 * Runs bare instructions, with neither Spec nor hook: what a conformance suite, a fuzzer or an experiment needs.
 *
 * The convention is that of ubpf, rbpf and the bpf_conformance suite: r1 is the address of the memory that the program
 * works on, r2 its length, r0 at the end the result. Every access is checked; the program may touch its stack and that
 * memory.
 */

import { encode } from "../../isa/encode.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { targetOf } from "../../isa/jumps.ts";
import { VerifierError } from "../errors.ts";
import { type AddressSpace, FUNCTION_TAG } from "./access.ts";
import { realClock } from "./clock.ts";
import { Cpu } from "./cpu.ts";
import type { Helper, HelperTable } from "./helpers/helper.ts";
import { checkFuel, DEFAULT_FUEL, Interpreter } from "./interpreter.ts";
import { Memory, type Region } from "./memory.ts";
import { type PreparedProgram, prepare } from "./program.ts";
import { Room } from "./room/room.ts";

/** A helper for raw programs: r1 to r5 in, r0 out, all unsigned 64-bit. */
export type RawHelper = (a: bigint, b: bigint, c: bigint, d: bigint, e: bigint) => bigint;

export interface RawOptions {
  /** What r1 points at. It is copied in and, as the program left it, out again. Default empty: r1 is then 0. */
  readonly memory?: Uint8Array;
  /** By the number of the call instruction. A call to any other number is refused before the program runs. */
  readonly helpers?: Readonly<Record<number, RawHelper>>;
  /** Most instructions it may take: a whole number from 1 on. Default 64 Mi. */
  readonly fuel?: number;
}

export interface RawResult {
  /** 0 … 2^64 - 1. */
  readonly r0: bigint;
  readonly memory: Uint8Array;
  /** How many instructions it took. */
  readonly instructions: number;
}

/** What runs a program on a CPU: the interpreter, or generated code (`jit/raw.ts`). */
export interface RawMachine {
  readonly space: AddressSpace;
  /** Runs once, with these in r1 and r2. @returns the halves of r0, and how many instructions it took (0: not counted). */
  run(r1: number, r2: number, fuel: number): { readonly low: number; readonly high: number; readonly instructions: number };
}

export type MakeRawMachine = (program: PreparedProgram, cpu: Cpu, helpers: HelperTable) => RawMachine;

/** Room for the memories of most programs; a larger one gets an engine memory of its own. */
const COMMON_SIZE = 1024 * 1024;

/**
 * Reserving a WebAssembly memory costs address space and time, so runs share one; not a run inside another (a helper may
 * run a program), which would use the same stack.
 */
const common: (Cpu | undefined)[] = [];

function cpuFor(length: number, shared: boolean): Cpu {
  if (length > COMMON_SIZE / 2) return makeCpu(length + COMMON_SIZE, shared);
  const cpu = (common[shared ? 1 : 0] ??= makeCpu(COMMON_SIZE, shared));
  return cpu.busy ? makeCpu(COMMON_SIZE, shared) : cpu;
}

function makeCpu(size: number, shared: boolean): Cpu {
  return new Cpu(0, new Room({ memory: new Memory({ size, shared }), clock: realClock(), print: () => {} }), 1);
}

/**
 * Runs a program once.
 * @throws IsaError when the code is not well-formed, VerifierError when it needs what a raw run does not have (maps, kernel
 *   functions, a helper that was not given), FaultError when it does what it may not, RangeError for a `fuel` that is no number
 *   of instructions or a memory that is too large.
 */
export function runRaw(code: Uint8Array | readonly Instruction[], options: RawOptions = {}): RawResult {
  return runRawOn(interpreter, code, options);
}

const interpreter: MakeRawMachine = (program, cpu, helpers) => {
  const machine = new Interpreter(program, cpu, helpers);
  const { registers, space } = machine;
  return {
    space,
    run(r1, r2, fuel) {
      registers[2] = r1;
      registers[4] = r2;
      machine.run(fuel);
      return { low: registers[0]!, high: registers[1]!, instructions: machine.instructions };
    },
  };
};

/** The same on another machine. @param shared in memory that workers could share. */
export function runRawOn(
  make: MakeRawMachine,
  code: Uint8Array | readonly Instruction[],
  options: RawOptions,
  shared = false,
): RawResult {
  const input = options.memory ?? new Uint8Array(0);
  const fuel = checkFuel(options.fuel ?? DEFAULT_FUEL);
  const helpers: Helper[] = [];
  for (const [number, run] of Object.entries(options.helpers ?? {})) helpers[Number(number)] = adapt(Number(number), run);
  const refuse = (instruction: Instruction, slot: number, why: string): never => {
    const message = `slot ${slot} (opcode 0x${instruction.opcode.toString(16)}): ${why}`;
    throw new VerifierError("raw", [message], message);
  };
  // A list may hold anything; through its encoding it is held to the same laws as bytes.
  const program = prepare(code instanceof Uint8Array ? code : encode(code), {
    name: "raw",
    packetLoads: true,
    refuse,
    kfunc: (instruction, slot) => refuse(instruction, slot, "a raw program has no kernel functions"),
    helper(id, slot) {
      if (helpers[id] !== undefined) return id;
      const message = `slot ${slot}: calls helper ${id}, which was not given`;
      throw new VerifierError("raw", [message], message);
    },
    wide(instruction, slot) {
      if (instruction.src === 0) return null;
      const target = targetOf(instruction, slot);
      return target === null
        ? refuse(instruction, slot, "a raw program has no maps and no types")
        : { low: target, high: FUNCTION_TAG };
    },
  });

  const cpu = cpuFor(input.length, shared);
  const { memory } = cpu.room;
  const region: Region | null = input.length > 0 ? memory.allocate(input.length, "memory", "raw") : null;
  cpu.busy = true;
  try {
    const machine = make(program, cpu, helpers);
    const { space } = machine;
    if (region !== null) {
      memory.bytes.set(input, region.start);
      space.packetStart = space.packetData = region.start;
      space.packetEnd = region.start + input.length;
    }
    const { low, high, instructions } = machine.run(region?.start ?? 0, input.length, fuel);
    return {
      r0: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0),
      memory: region === null ? new Uint8Array(0) : memory.bytes.slice(region.start, region.start + input.length),
      instructions,
    };
  } finally {
    cpu.busy = false;
    if (region !== null) memory.release(region);
  }
}

function adapt(id: number, run: RawHelper): Helper {
  return {
    name: `helper ${id}`,
    id,
    args: ["wide", "wide", "wide", "wide", "wide"],
    result: "u64",
    callsBack: false,
    run(call, ...low) {
      const [a, b, c, d, e] = low.map((half, index) => (BigInt(call.highOf(index + 1) >>> 0) << 32n) | BigInt(half >>> 0));
      const result = BigInt.asUintN(64, run(a!, b!, c!, d!, e!));
      call.high = Number(result >> 32n);
      return Number(result & 0xffff_ffffn);
    },
  };
}
