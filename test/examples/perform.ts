/** An example, played in the embedded engine. */

import { virtualClock } from "../../src/engine/embedded/clock.ts";
import type { Cpu } from "../../src/engine/embedded/cpu.ts";
import { debuggeeOf } from "../../src/engine/embedded/debug/debuggee.ts";
import { type EmbeddedEngine, openEmbedded } from "../../src/engine/embedded/engine.ts";
import { Interpreter } from "../../src/engine/embedded/interpreter.ts";
import type { AttachOptions, Program } from "../../src/engine/engine.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import type { Spec } from "../../src/object/spec.ts";
import type { Play } from "./plays.ts";
import { Stage, untyped } from "./stage.ts";

export interface Performance {
  /** By packet: what the program returned, and what it left of the packet. */
  readonly packets: readonly { readonly verdict: number; readonly packet: string }[];
  readonly happened: unknown;
  readonly observed: unknown;
  /** Instructions that programs took, in all; 0 as generated code. */
  readonly instructions: number;
}

export interface PerformOptions {
  readonly execution?: "interpreter" | "jit";
  /** Counts instructions: with the interpreter. */
  readonly counting?: boolean;
}

/** @param types the Spec by whose types maps are read and written. */
export async function perform(spec: Spec, types: Spec, play: Play, options: PerformOptions = {}): Promise<Performance> {
  const { execution = "interpreter", counting = false } = options;
  const clock = virtualClock(1);
  await using engine = openEmbedded({
    clock,
    execution,
    seed: 1,
    memory: 64 << 20,
    room: { types: kernelTypes("6.18"), processes: play.processes ?? [] },
  });
  const collection = await engine.load(untyped(spec), { variables: play.variables ?? {} });
  const tally = { instructions: 0 };
  const programs = counting
    ? Object.fromEntries(Object.entries(collection.programs).map(([name, program]) => [name, counted(program, tally)]))
    : collection.programs;
  const stage = new Stage({ maps: collection.maps, programs }, types);
  play.set?.(stage);
  const packets = (await play.packets?.()) ?? [];
  const left = packets.map(({ program, packet, after = 1_000 }) => {
    clock.advance(after);
    const result = stage.run(program, { packet });
    return { verdict: result.verdict, packet: Buffer.from(result.packet).toString("hex") };
  });
  if (play.happen !== undefined) await attachAll(engine, stage);
  const happened = (await play.happen?.(engine, stage)) ?? null;
  return { packets: left, happened, observed: play.observe(stage), instructions: tally.instructions };
}

async function attachAll(_engine: EmbeddedEngine, stage: Stage): Promise<void> {
  for (const program of Object.values(stage.programs)) {
    if (program.spec.section.startsWith("iter/")) continue;
    const options: AttachOptions = /^(cgroup|sockops)/.test(program.spec.section) ? { cgroup: "/web" } : {};
    await program.attach(options);
  }
}

/** The same program, on an interpreter that adds up what its runs took. */
function counted(program: Program, tally: { instructions: number }): Program {
  const debuggee = debuggeeOf(program);
  class Counting extends Interpreter {
    constructor(cpu: Cpu) {
      super(debuggee.resolved.code, cpu, debuggee.helpers, debuggee.resolved.maps);
    }
    override call(context: number, fuel: number): number {
      const result = super.call(context, fuel);
      tally.instructions += this.instructions;
      return result;
    }
  }
  return debuggee.make(debuggee.cpus.map((cpu) => new Counting(cpu)));
}
