/** Runs every program of an object on every packet, in whatever engine, and writes down all that can be seen of it. */

import type { BpfMap, Engine } from "../../../src/engine/engine.ts";
import type { Spec } from "../../../src/object/spec.ts";
import type { Scenario } from "./objects.ts";

export interface Run {
  readonly verdict: number;
  /** Hexadecimal. */
  readonly packet: string;
  /** Hexadecimal; absent where the type has none. */
  readonly context?: string;
}

export interface Observation {
  /** By program, a run for each packet. */
  readonly programs: Readonly<Record<string, readonly Run[]>>;
  /** By map, its entries in order, as JSON. */
  readonly maps: Readonly<Record<string, readonly string[]>>;
}

export async function observe(
  engine: Engine,
  spec: Spec,
  scenario: Scenario,
  packets: readonly Uint8Array[],
): Promise<Observation> {
  await using collection = await engine.load(spec);
  scenario.prepare?.(collection.maps);
  const programs: Record<string, Run[]> = {};
  for (const [name, program] of Object.entries(collection.programs)) {
    programs[name] = packets.map((packet, at) => {
      const contexts = scenario.contexts;
      const takes = contexts !== undefined && program.spec.type !== "flow_dissector";
      const context = takes ? contexts[at % contexts.length]! : undefined;
      try {
        const result = program.run({ packet, ...(context === undefined ? {} : { context }) });
        return {
          verdict: result.verdict,
          packet: Buffer.from(result.packet).toString("hex"),
          ...(result.context === undefined ? {} : { context: Buffer.from(result.context).toString("hex") }),
        };
      } catch (error) {
        // What one engine refuses to run, the other must, too.
        if (error instanceof RangeError) return { verdict: -1, packet: "refused" };
        throw error;
      }
    });
  }
  const maps = Object.values(collection.maps).map((map) => [map.name, entriesOf(map)] as const);
  return { programs, maps: Object.fromEntries(maps) };
}

/** Sorted; values of all CPUs are added up. */
function entriesOf(map: BpfMap): string[] {
  const perCpu = map.spec.type.includes("percpu");
  return [...map.entries()].map(([key, value]) => toJson([key, perCpu ? total(value) : value])).sort();
}

function total(values: unknown): string {
  if (!Array.isArray(values)) return toJson(values);
  return values.reduce((sum: bigint, value) => sum + BigInt(value), 0n).toString();
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) =>
    typeof each === "bigint" ? each.toString() : each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each,
  );
}
