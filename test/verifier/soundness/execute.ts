/** Runs programs in the embedded engine, instruction by instruction, with whatever is in packets and maps. */

import { debuggeeOf } from "../../../src/engine/embedded/debug/debuggee.ts";
import { DebugExecutor } from "../../../src/engine/embedded/debug/executor.ts";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { Interpreter, POSITION } from "../../../src/engine/embedded/interpreter.ts";
import type { BpfMap } from "../../../src/engine/engine.ts";
import { FaultError } from "../../../src/engine/errors.ts";
import type { Spec } from "../../../src/object/spec.ts";
import type { Random } from "../../support/random.ts";
import type { Standing } from "./inside.ts";

/** Called before each instruction; a text ends the run: what is wrong. */
export type Watch = (slot: number, standing: Standing) => string | null;

/** What a run is ended with that takes more instructions than it may. */
export const ENDLESS = "does not end";

/**
 * @param most instructions that a run may take.
 * @returns what went wrong in one of `runs` runs, or null.
 */
export async function execute(spec: Spec, runs: number, most: number, random: Random, watch: Watch): Promise<string | null> {
  await using engine = openEmbedded({ unsafe: true, execution: "interpreter", memory: 1 << 20, seed: random.next() });
  await using collection = await engine.load(spec);
  const debuggee = debuggeeOf(collection.programs["main"]!);
  const { code, maps } = debuggee.resolved;
  let wrong: string | null = null;
  const take = (interpreter: Interpreter, context: number): number => {
    wrong = stepThrough(interpreter, context, most, watch);
    return 0;
  };
  const executors = debuggee.cpus.map((cpu) => new DebugExecutor(new Interpreter(code, cpu, debuggee.helpers, maps), take));
  const program = debuggee.make(executors);
  const { memory } = executors[0]!;
  for (let run = 0; run < runs && wrong === null; run++) {
    for (const map of maps) {
      if (map.type === "hash") {
        const entries = collection.maps[map.name] as BpfMap<Uint8Array, Uint8Array>;
        entries.clear();
        for (let key = 0; key < map.maxEntries; key++)
          if (random.once(2)) entries.set(Uint8Array.of(key, 0, 0, 0), randomBytes(random, map.valueSize));
      } else memory.bytes.set(randomBytes(random, map.values.end - map.values.start), map.values.start);
    }
    program.run({ packet: randomBytes(random, 14 + (random.once(2) ? random.below(12) : random.below(320))) });
  }
  return wrong;
}

function stepThrough(interpreter: Interpreter, context: number, most: number, watch: Watch): string | null {
  interpreter.reset();
  interpreter.registers[2] = context;
  interpreter.begin();
  const { registers, saved, position, space, memory, maps } = interpreter;
  const standing = {
    ...{ registers, saved, depth: 0, memory: memory.view, stackEnd: space.stackEnd, context, meta: 0, packet: 0, packetEnd: 0 },
    maps: maps.map(({ name, values, elements, handle }) => ({
      ...{ name, start: values.start, stride: values.stride, count: elements, handle },
    })),
  };
  let left = most;
  const look = (): void => {
    standing.depth = position[POSITION.depth]!;
    standing.meta = space.packetStart;
    standing.packet = space.packetData;
    standing.packetEnd = space.packetEnd;
    const wrong = --left < 0 ? ENDLESS : watch(position[POSITION.pc]!, standing);
    if (wrong !== null) throw new Wrong(wrong);
  };
  // Functions that helpers call.
  interpreter.trace = look;
  try {
    do look();
    while (interpreter.step());
    return null;
  } catch (error) {
    if (error instanceof FaultError || error instanceof Wrong) return error.message;
    throw error;
  }
}

class Wrong extends Error {}

/** Eights at the edges, mostly. */
function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length + 8);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < length; at += 8) view.setBigUint64(at, random.number(), true);
  return bytes.slice(0, length);
}
