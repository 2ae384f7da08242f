/** Runs bare instructions by generated code, as `runRaw` does by the interpreter: what the tests hold against each other. */

import { FUNCTION_TAG } from "../../src/engine/embedded/access.ts";
import { realClock } from "../../src/engine/embedded/clock.ts";
import { Cpu } from "../../src/engine/embedded/cpu.ts";
import type { Helper } from "../../src/engine/embedded/helper.ts";
import { JitCode, JitProgram } from "../../src/engine/embedded/jit/jit-program.ts";
import type { JitMode } from "../../src/engine/embedded/jit/module.ts";
import { Memory } from "../../src/engine/embedded/memory.ts";
import { type PreparedProgram, prepare } from "../../src/engine/embedded/program.ts";
import type { RawOptions, RawResult } from "../../src/engine/embedded/raw.ts";
import { VerifierError } from "../../src/engine/errors.ts";
import { encode } from "../../src/isa/encode.ts";
import type { Instruction } from "../../src/isa/instruction.ts";
import { targetOf } from "../../src/isa/jumps.ts";

/** How generated code is made. */
export interface JitWay {
  readonly mode: JitMode;
  readonly dispatchAll?: boolean;
  readonly shared?: boolean;
}

/** All ways that must give the same. */
export const WAYS: readonly (readonly [name: string, way: JitWay])[] = [
  ["bare", { mode: "bare" }],
  ["checked", { mode: "checked" }],
  ["bare, dispatched", { mode: "bare", dispatchAll: true }],
  ["checked, dispatched", { mode: "checked", dispatchAll: true }],
  ["checked, in shared memory", { mode: "checked", shared: true }],
];

const SIZE = 1024 * 1024;
const cpus = new Map<boolean, Cpu>();

function cpuFor(shared: boolean): Cpu {
  let cpu = cpus.get(shared);
  if (cpu === undefined) {
    cpu = new Cpu(0, { memory: new Memory({ size: SIZE, shared }), clock: realClock(), print: () => {} }, 1);
    cpus.set(shared, cpu);
  }
  return cpu;
}

export function runJit(
  code: Uint8Array | readonly Instruction[],
  way: JitWay,
  options: RawOptions = {},
): Pick<RawResult, "r0" | "memory"> {
  const input = options.memory ?? new Uint8Array(0);
  const helpers: Helper[] = [];
  for (const [number, run] of Object.entries(options.helpers ?? {})) {
    helpers[Number(number)] = {
      name: `helper ${number}`,
      id: Number(number),
      args: ["wide", "wide", "wide", "wide", "wide"],
      result: "u64",
      run(call, ...low) {
        const [a, b, c, d, e] = low.map((half, index) => (BigInt(call.highOf(index + 1) >>> 0) << 32n) | BigInt(half >>> 0));
        const result = BigInt.asUintN(64, run(a!, b!, c!, d!, e!));
        call.high = Number(result >> 32n);
        return Number(result & 0xffff_ffffn);
      },
    };
  }
  const program = prepareRaw(code, helpers);
  const cpu = cpuFor(way.shared ?? false);
  const { memory } = cpu.host;
  const region = input.length > 0 ? memory.allocate(input.length, "memory", "raw") : null;
  try {
    const { mode, dispatchAll = false } = way;
    const jit = new JitProgram(new JitCode(program, { mode, dispatchAll, memory, helpers, maps: [], wideResult: true }), cpu);
    if (region !== null) {
      memory.bytes.set(input, region.start);
      jit.space.packetStart = jit.space.packetData = region.start;
      jit.space.packetEnd = region.start + input.length;
    }
    const low = jit.run(region?.start ?? 0, input.length, options.fuel);
    return {
      r0: (BigInt(jit.resultHigh >>> 0) << 32n) | BigInt(low >>> 0),
      memory: region === null ? new Uint8Array(0) : memory.bytes.slice(region.start, region.start + input.length),
    };
  } finally {
    if (region !== null) memory.release(region);
  }
}

function prepareRaw(code: Uint8Array | readonly Instruction[], helpers: readonly Helper[]): PreparedProgram {
  const refuse = (slot: number, why: string): never => {
    throw new VerifierError("raw", [why], `slot ${slot}: ${why}`);
  };
  return prepare(code instanceof Uint8Array ? code : encode(code), {
    name: "raw",
    packetLoads: true,
    refuse: (_, slot, why) => refuse(slot, why),
    helper: (id, slot) => (helpers[id] === undefined ? refuse(slot, `calls helper ${id}, which was not given`) : id),
    wide(instruction, slot) {
      if (instruction.src === 0) return null;
      const target = targetOf(instruction, slot);
      return target === null ? refuse(slot, "a raw program has no maps") : { low: target, high: FUNCTION_TAG };
    },
  });
}
