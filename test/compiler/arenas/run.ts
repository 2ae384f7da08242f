/** What an application does with the programs of arenas.bpf.ts; the same in every engine. */

import { readFileSync } from "node:fs";
import { compileSource } from "../../../src/compiler/compile.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Spec } from "../../../src/object/spec.ts";
import type * as arenas from "./arenas.bpf.ts";

/** @param address where user space has the arena; 0n: anywhere */
export function arenaSpec(cpu: 3 | 4 = 3, address = 0n): Spec {
  const text = readFileSync(new URL("./arenas.bpf.ts", import.meta.url), "utf8");
  const placed = address === 0n ? text : text.replace("{ pages: 16 }", `{ pages: 16, address: ${address}n }`);
  return compileSource(placed, { file: "arenas.bpf.ts", cpu });
}

type Node = { readonly value: bigint; readonly next: bigint };

/** What there is to see, as it was found. */
export async function useArena(engine: Engine, spec: Spec): Promise<Readonly<Record<string, unknown>>> {
  await using collection = await engine.load<typeof arenas>(spec);
  const { programs, variables, maps } = collection;
  variables.seed.set(100n);
  const built = programs.build.run({ context: asked(200) }).verdict;
  const walked = new DataView((programs.walk.run({ context: asked(0) }).context as Uint8Array).buffer.slice(0));

  // User space walks the same list, and changes a node of it.
  const head = variables.head.get();
  const list = [...maps.heap.list<Node>(head, "Node", "next")];
  maps.heap.setAt<Node>(head, "Node", { value: 1000n, next: list[0]?.next ?? 0n });
  const again = new DataView((programs.walk.run({ context: asked(0) }).context as Uint8Array).buffer.slice(0));

  const verdicts = [50, 66, 50, 50, 50, 66].map((length) => programs.count.run({ packet: packetOf(length) }).verdict);
  const table = variables.table.get();
  const found = [];
  for (let entry = table.buckets[50 & 15] ?? 0n; entry !== 0n; ) {
    const { key, hits, balance, next } = maps.heap.getAt<{ key: number; hits: number; balance: number; next: bigint }>(
      entry,
      "Entry",
    );
    found.push({ key, hits, balance });
    entry = next;
  }

  const total = programs.total.run({ packet: packetOf(50) }).verdict;
  const released = programs.release.run({ context: asked(0) });
  return {
    built,
    length: walked.getUint32(16, true),
    sum: walked.getBigUint64(8, true),
    values: [list.length, list[0]?.value, list.at(-1)?.value, list.at(-1)?.next],
    changed: again.getBigUint64(8, true),
    verdicts,
    total,
    used: table.used,
    found,
    seed: variables.seed.get(),
    first: new DataView((released.context as Uint8Array).buffer.slice(0)).getBigUint64(24, true),
    head: variables.head.get(),
  };
}

/** The struct `Ask`. */
function asked(count: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, count, true);
  return bytes;
}

/** Keys 50 and 66 are in one bucket. */
function packetOf(length: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes[17] = length;
  return bytes;
}

export const EXPECTED = {
  built: 0,
  length: 200,
  sum: 39_900n,
  values: [200, 299n, 100n, 0n],
  changed: 39_900n - 299n + 1000n,
  verdicts: [2, 2, 2, 2, 1, 2],
  total: 1,
  used: 2,
  found: [
    { key: 66, hits: 2, balance: -1 },
    { key: 50, hits: 4, balance: 1 },
  ],
  seed: 100n,
  first: 100n,
  head: 0n,
};

/** As one line. */
export function told(found: object): string {
  return JSON.stringify(found, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
