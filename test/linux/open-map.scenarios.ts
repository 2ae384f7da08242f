/** Maps opened by number and by name, in this kernel. See scenario.ts. */

import { spawnSync } from "node:child_process";
import { BtfBuilder } from "../../src/btf/builder.ts";
import type { BpfMap, MapHandle, PerCpuMap } from "../../src/engine/engine.ts";
import { type LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import type { LinuxHandle } from "../../src/engine/linux/maps/handle.ts";
import type { Spec } from "../../src/object/spec.ts";
import { main } from "./scenario.ts";

/** A hash whose values have all that a C struct may have. */
function rich(): Spec {
  const types = new BtfBuilder();
  const u8 = types.int("u8", 1);
  const u16 = types.int("u16", 2);
  const u32 = types.int("u32", 4);
  const u64 = types.int("u64", 8);
  const color = types.enum("color", 4, [
    { name: "RED", value: 0 },
    { name: "GREEN", value: 1 },
  ]);
  const either = types.union("either", 8, [
    { name: "word", type: u64, bitOffset: 0 },
    { name: "half", type: u32, bitOffset: 0 },
  ]);
  const value = types.struct("row", 32, [
    { name: "flag", type: u8, bitOffset: 0 },
    { name: "port", type: u16, bitOffset: 16 },
    { name: "low", type: u32, bitOffset: 32, bitSize: 3 },
    { name: "high", type: u32, bitOffset: 35, bitSize: 13 },
    { name: "color", type: color, bitOffset: 64 },
    { name: "either", type: either, bitOffset: 128 },
    { name: "total", type: u64, bitOffset: 192 },
  ]);
  const key = types.struct("key", 8, [
    { name: "kind", type: u8, bitOffset: 0 },
    { name: "number", type: u32, bitOffset: 32 },
  ]);
  const shape = { maxEntries: 16, flags: 0 };
  return {
    name: "rich",
    license: "GPL",
    types: types.encode(),
    maps: [
      { ...shape, name: "rich", type: "hash", keySize: 8, valueSize: 32, keyType: key, valueType: value },
      { ...shape, name: "cpus", type: "percpu_array", keySize: 4, valueSize: 8, keyType: u32, valueType: u64 },
      { ...shape, name: "bare", type: "hash", keySize: 3, valueSize: 5, keyType: 0, valueType: 0 },
    ],
    programs: [],
  };
}

const ROW = { flag: 1, port: 443, low: 5, high: 4097, color: 1, either: { word: 7n, half: 7 }, total: 2n ** 63n };

/** The kernel's number of a map. */
function idOf(map: MapHandle | undefined): number {
  const { fd } = map as unknown as LinuxHandle;
  const { stdout } = spawnSync("cat", [`/proc/${process.pid}/fdinfo/${fd}`], { encoding: "utf8" });
  return Number(/^map_id:\s*(\d+)$/m.exec(stdout)?.[1]);
}

async function refusal(operation: () => Promise<unknown>): Promise<string> {
  try {
    await operation();
    return "opened";
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    return `${name} ${code ?? ""}`.trim();
  }
}

async function opened(engine: LinuxEngine, map: MapHandle | undefined) {
  return await engine.openMap({ id: idOf(map) });
}

await main({
  "by number": async () => {
    await using engine = await openLinux();
    await using owner = await openLinux();
    await using collection = await owner.load(rich());
    const { rich: known, cpus, bare } = collection.maps;
    (known as unknown as BpfMap).set({ kind: 1, number: 2 }, ROW);
    using again = await opened(engine, known);
    const before = again.get({ kind: 1, number: 2 });
    again.set({ kind: 1, number: 3 }, { ...ROW, either: { half: 9 } });
    using perCpu = await opened(engine, cpus);
    (perCpu as unknown as PerCpuMap<number, bigint>).set(1, 6n);
    using bytes = await opened(engine, bare);
    bytes.set(new Uint8Array(3), new Uint8Array(5).fill(4));
    const { name, spec } = again;
    return {
      name,
      shape: [spec.type, spec.keySize, spec.valueSize, spec.maxEntries, spec.flags],
      before,
      seen: (known as unknown as BpfMap).get({ kind: 1, number: 3 }),
      cpus: ((cpus as unknown as PerCpuMap<number, bigint>).get(1) ?? []).every((value) => value === 6n),
      bare: [...(bare as unknown as BpfMap).values()],
    };
  },
  "outlives who made it": async () => {
    await using engine = await openLinux();
    const collection = await engine.load(rich());
    (collection.maps["rich"] as unknown as BpfMap).set({ kind: 1, number: 2 }, ROW);
    const id = idOf(collection.maps["rich"]);
    const map = await engine.openMap({ id });
    await collection[Symbol.asyncDispose]();
    const length = [...map].length;
    map[Symbol.dispose]();
    map[Symbol.dispose]();
    return {
      length,
      closed: await refusal(async () => map.get({ kind: 1, number: 2 })),
      gone: await refusal(() => engine.openMap({ id })),
    };
  },
  "for reading alone": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(rich());
    const id = idOf(collection.maps["rich"]);
    using reader = await engine.openMap({ id, access: "read" });
    using writer = await engine.openMap({ id, access: "write" });
    const key = { kind: 1, number: 2 };
    const refused = [await refusal(async () => reader.set(key, ROW)), await refusal(async () => writer.get(key))];
    writer.set(key, ROW);
    return { refused, total: (reader.get(key) as typeof ROW).total === ROW.total };
  },
  "by name": async () => {
    await using engine = await openLinux();
    const spec = rich();
    await using _collection = await engine.load({
      ...spec,
      maps: spec.maps.map((map) => ({ ...map, pinning: "name" as const })),
    });
    using map = await engine.openMap({ path: "/sys/fs/bpf/rich" });
    using reader = await engine.openMap({ path: "/sys/fs/bpf/rich", access: "read" });
    map.set({ kind: 1, number: 2 }, ROW);
    return {
      value: reader.get({ kind: 1, number: 2 }),
      refused: await refusal(async () => reader.delete({ kind: 1, number: 2 })),
      absent: await refusal(() => engine.openMap({ path: "/sys/fs/bpf/nobody" })),
    };
  },
  "what is not there": async () => {
    await using engine = await openLinux();
    return [
      await refusal(() => engine.openMap({ id: 0xffff_fff0 })),
      await refusal(() => engine.openMap({ id: -1 })),
      await refusal(() => engine.openMap({ path: "/proc/skep_no_such_map" })),
    ];
  },
});
