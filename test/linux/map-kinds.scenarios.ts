/** Maps of every kind from user space, on this kernel: each operation, and what is refused. See scenario.ts. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BtfBuilder } from "../../src/btf/builder.ts";
import type { AnyMap, MapHandle, MapOfMaps } from "../../src/engine/engine.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import type { LinuxHandle } from "../../src/engine/linux/maps/handle.ts";
import { mapInfo } from "../../src/engine/linux/maps/info.ts";
import { assemble } from "../../src/isa/assemble.ts";
import { encode } from "../../src/isa/encode.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";
import { main, Target } from "./scenario.ts";

const types = new BtfBuilder();
const TYPES = {
  int: types.int("int", 4, { signed: true }),
  u32: types.int("u32", 4),
  u64: types.int("u64", 8),
} as const;
const lock = types.struct("bpf_spin_lock", 4, [{ name: "val", type: TYPES.u32, bitOffset: 0 }]);
const locked = types.struct("locked", 16, [
  { name: "lock", type: lock, bitOffset: 0 },
  { name: "low", type: TYPES.u32, bitOffset: 32 },
  { name: "high", type: TYPES.u64, bitOffset: 64 },
]);
const group = types.struct("bpf_cgroup_storage_key", 16, [
  { name: "cgroup_inode_id", type: TYPES.u64, bitOffset: 0 },
  { name: "attach_type", type: TYPES.u32, bitOffset: 64 },
]);

type Shape = Pick<MapSpec, "type"> & Partial<MapSpec> & { readonly key?: number; readonly value?: number };

/** A map of one kind; keys are u32 and values u64, when nothing else is said. */
function declare(name: string, { key = TYPES.u32, value = TYPES.u64, ...more }: Shape): MapSpec {
  const sizeOf = (type: number) => (type === 0 ? 0 : type === TYPES.u64 ? 8 : type === locked || type === group ? 16 : 4);
  return {
    name,
    keySize: sizeOf(key),
    valueSize: sizeOf(value),
    maxEntries: 4,
    flags: 0,
    keyType: key,
    valueType: value,
    ...more,
  };
}

const specOf = (maps: readonly MapSpec[], programs: Spec["programs"] = []): Spec => ({
  name: "kinds",
  license: "GPL",
  types: types.encode(),
  maps,
  programs,
});

async function withMap<Result>(shape: Shape, use: (map: AnyMap) => Result | Promise<Result>): Promise<Result> {
  await using engine = await openLinux();
  await using collection = await engine.load(specOf([declare("table", shape)]));
  const map = collection.maps["table"];
  if (map === undefined) throw new RangeError("no map");
  return await use(map);
}

/** What an operation throws, in short. */
function refusal(operation: () => unknown): string {
  try {
    return `gave ${operation()}`;
  } catch (error) {
    return `${(error as Error).name} ${(error as { code?: string }).code}`;
  }
}

/** What is left of a map that was cleared. */
function cleared(map: AnyMap): unknown[] {
  map.clear();
  return [...map];
}

/** A descriptor of no socket: what Node is given as its standard input is one. */
const FILE = openSync("/dev/null", "r");

/** Both ends of a connection over loopback. */
async function withConnection<Result>(use: (client: object, server: object) => Result): Promise<Result> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = await once(server, "connection");
  try {
    return use(client, accepted);
  } finally {
    client.destroy();
    accepted.destroy();
    server.close();
  }
}

const root = () => cgroupRoot({ facts: MACHINE } as Parameters<typeof cgroupRoot>[0]);

/** A control group of our own, by its name; gone afterwards. */
async function withGroup<Result>(use: (name: string, folder: string) => Promise<Result>): Promise<Result> {
  const name = `skep-maps-${process.pid}`;
  const folder = `${root()}/${name}`;
  mkdirSync(folder);
  try {
    return await use(`/${name}`, folder);
  } finally {
    for (let tries = 0; tries < 100; tries++) {
      try {
        rmdirSync(folder);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

/** `jhash2` of linux/jhash.h of one word, seed 0: which bucket of a hash with `BPF_F_ZERO_SEED` a u32 key is in. */
function bucketOf(key: number, buckets: number): number {
  const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by));
  let a = (0xdeadbeef + 4 + key) | 0;
  let b = (0xdeadbeef + 4) | 0;
  let c = b;
  for (const [x, y] of [
    [14, 11],
    [25, 16],
    [4, 14],
  ] as const) {
    c = ((c ^ b) - rotate(b, x)) | 0;
    a = ((a ^ c) - rotate(c, y)) | 0;
    b = ((b ^ a) - rotate(a, x === 4 ? 24 : 25)) | 0;
  }
  return (c >>> 0) & (buckets - 1);
}

const scenarios: Record<string, () => Promise<unknown>> = {
  devmap: () =>
    withMap({ type: "devmap", value: TYPES.u32 }, (map) => {
      map.set(0, 1);
      map.setAll([
        [1, 1],
        [3, 1],
      ]);
      return {
        read: [map.get(0), map.get(2), map.has(3), map.get(9)],
        entries: [...map],
        refused: [
          refusal(() => map.set(4, 1)),
          refusal(() => map.set(2, 4_000_000)),
          refusal(() => map.set(0, 1, "create")),
          refusal(() => map.take(0)),
          refusal(() => map.takeAll()),
        ],
        deleted: [map.delete(0), map.delete(0), map.delete(9), map.deleteAll([1, 2])],
        cleared: cleared(map),
      };
    }),
  devmap_hash: () =>
    withMap({ type: "devmap_hash", value: TYPES.u32 }, (map) => {
      for (const key of [10, 20, 30, 40]) map.set(key, 1);
      return {
        read: [map.get(10), map.get(11), map.has(40)],
        keys: [...map.keys()].sort(),
        refused: [
          refusal(() => map.set(50, 1)),
          refusal(() => map.set(10, 4_000_000)),
          refusal(() => map.set(10, 1, "create")),
          refusal(() => map.take(10)),
        ],
        deleted: [map.delete(10), map.delete(10)],
        cleared: cleared(map),
      };
    }),
  xskmap: () =>
    withMap({ type: "xskmap", value: TYPES.u32 }, (map) => {
      const socket = { fd: Number(process.env["SKEP_XSK"]) };
      map.set(1, socket);
      return {
        refused: [
          refusal(() => map.set(2, socket, "replace")),
          refusal(() => map.set(9, socket)),
          refusal(() => map.set(0, FILE)),
          refusal(() => map.get(1)),
          refusal(() => [...map]),
        ],
        deleted: [map.delete(1), map.delete(9)],
        again: refusal(() => {
          map.set(2, socket);
          map.clear();
          map.set(2, socket, "create");
        }),
      };
    }),
  sockmap: () =>
    withMap({ type: "sockmap" }, (map) =>
      withConnection((client, server) => {
        map.set(0, client);
        map.set(2, server);
        const cookies = [map.get(0), map.get(2)] as bigint[];
        return {
          cookies: cookies.every((cookie) => cookie > 0n) && cookies[0] !== cookies[1],
          entries: [...map].map(([key, cookie]) => [key, cookies.indexOf(cookie as bigint)]),
          absent: [map.get(1), map.has(1), map.get(9)].map((value) => value ?? null),
          refused: [
            refusal(() => map.set(0, server, "create")),
            refusal(() => map.set(1, server, "replace")),
            refusal(() => map.set(9, server)),
            refusal(() => map.set(1, BigInt(FILE))),
            refusal(() => map.set(1, 9999n)),
            refusal(() => map.take(0)),
          ],
          deleted: [map.delete(0), map.delete(0), map.delete(9)],
          cleared: cleared(map),
        };
      }),
    ),
  "sockmap, values of 4 bytes": () =>
    withMap({ type: "sockmap", value: TYPES.u32 }, (map) =>
      withConnection((client) => {
        map.set(0, client);
        return [refusal(() => map.get(0)), map.delete(0)];
      }),
    ),
  sockhash: () =>
    withMap({ type: "sockhash" }, (map) =>
      withConnection((client, server) => {
        map.set(100, client);
        map.set(200, server);
        return {
          keys: [...map.keys()].sort(),
          there: [map.has(100), map.has(300)],
          refused: [refusal(() => map.set(100, server, "create")), refusal(() => map.set(300, BigInt(FILE)))],
          deleted: [map.delete(100), map.delete(100)],
          cleared: cleared(map),
        };
      }),
    ),
  reuseport_sockarray: async () => {
    const socket = createSocket({ type: "udp4", reusePort: true }).bind(0, "127.0.0.1");
    await once(socket, "listening");
    const plain = createSocket({ type: "udp4" }).bind(0, "127.0.0.1");
    await once(plain, "listening");
    try {
      return await withMap({ type: "reuseport_sockarray" }, (map) => {
        map.set(1, socket);
        return {
          cookie: (map.get(1) as bigint) > 0n,
          keys: [...map.keys()],
          absent: map.get(0) ?? null,
          refused: [
            refusal(() => map.set(0, socket)),
            refusal(() => map.set(9, socket)),
            refusal(() => map.set(0, plain)),
            refusal(() => map.set(0, BigInt(FILE))),
          ],
          deleted: [map.delete(1), map.delete(1), map.delete(9)],
        };
      });
    } finally {
      socket.close();
      plain.close();
    }
  },
  sk_storage: () =>
    withMap({ type: "sk_storage", key: TYPES.int, maxEntries: 0, flags: 1 }, (map) =>
      withConnection((client, server) => {
        const keyed = map as unknown as AnyMap & { get(key: object): unknown };
        keyed.set(client, 5n);
        keyed.setAll([[server, 6n]]);
        return {
          read: [keyed.get(client), keyed.get(server)],
          refused: [
            refusal(() => keyed.set(client, 1n, "create")),
            refusal(() => keyed.get(FILE as never)),
            refusal(() => [...map]),
            refusal(() => map.clear()),
            refusal(() => keyed.take(client)),
          ],
          deleted: [keyed.delete(client), keyed.delete(client), keyed.deleteAll([client, server])],
          after: keyed.get(server) ?? null,
        };
      }),
    ),
  inode_storage: async () => {
    const folder = mkdtempSync(join(tmpdir(), "skep-maps-"));
    try {
      const path = join(folder, "file");
      await using file = await open(path, "w");
      return await withMap({ type: "inode_storage", key: TYPES.int, maxEntries: 0, flags: 1 }, (map) => {
        map.set(path, 7n);
        return {
          read: [map.get(file), map.get(path), map.get(folder) ?? null],
          refused: [refusal(() => map.set(path, 1n, "create")), refusal(() => map.get("/nowhere")), refusal(() => [...map])],
          deleted: [map.delete(file), map.delete(file)],
        };
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  task_storage: async () => {
    await using target = await Target.start();
    return await withMap({ type: "task_storage", key: TYPES.int, maxEntries: 0, flags: 1 }, (map) => {
      const { pid } = target;
      map.set({ pid }, 8n);
      return {
        read: [map.get({ pid }), map.get({ pid: process.pid }) ?? null],
        replaced: refusal(() => {
          map.set({ pid }, 9n, "replace");
          return map.get({ pid });
        }),
        refused: [refusal(() => map.get({ pid: 4_000_000 })), refusal(() => map.get(0)), refusal(() => map.keys().next())],
        deleted: [map.delete({ pid }), map.delete({ pid })],
      };
    });
  },
  cgrp_storage: () =>
    withGroup((name, folder) =>
      withMap({ type: "cgrp_storage", key: TYPES.int, maxEntries: 0, flags: 1 }, (map) => {
        map.set(name, 3n);
        return {
          read: [map.get(name), map.get(folder)],
          refused: [refusal(() => map.get("/skep-no-such-group")), refusal(() => map.get(0))],
          deleted: [map.delete(name), map.delete(name)],
        };
      }),
    ),
  cgroup_storage: () => inGroup("cgroup_storage"),
  percpu_cgroup_storage: () => inGroup("percpu_cgroup_storage"),
  "values with a lock": () =>
    withMap({ type: "hash", value: locked }, (map) => {
      map.set(1, { lock: { val: 0 }, low: 1, high: 2n });
      map.set(1, { lock: { val: 0 }, low: 3, high: 4n }, { lock: true });
      map.setAll([[2, { lock: { val: 0 }, low: 5, high: 6n }]], { lock: true, mode: "create" });
      return {
        read: [map.get(1, { lock: true }), map.get(2)],
        absent: map.get(3, { lock: true }) ?? null,
        refused: refusal(() => map.freeze()),
      };
    }),
  "a bucket that does not fit": () =>
    withMap({ type: "hash", value: 0, valueSize: 8192, maxEntries: 64, flags: 0x40 }, (map) => {
      const keys = [];
      for (let key = 0; keys.length < 60; key++) if (bucketOf(key, 64) === 5) keys.push(key);
      map.setAll(keys.map((key) => [key, new Uint8Array(8192).fill(key)] as const));
      const seen = [...map].filter(([key, value]) => (value as Uint8Array)[8191] === ((key as number) & 255)).length;
      const taken = map.takeAll().length;
      return { seen, taken, left: [...map].length };
    }),
  "maps that somebody else put in": async () => {
    await using engine = await openLinux();
    const inner = declare("inner", { type: "array" });
    await using collection = await engine.load(
      specOf([
        inner,
        declare("other", { type: "array" }),
        declare("outer", { type: "hash_of_maps", value: 0, valueSize: 4, inner, maxEntries: 50 }),
        declare("row", { type: "array_of_maps", value: 0, valueSize: 4, inner }),
      ]),
    );
    // The kernel waits after each, until no program uses what was there before.
    const { inner: first, other } = collection.maps;
    const outer = collection.maps["outer"] as unknown as MapOfMaps<number>;
    const row = collection.maps["row"] as unknown as MapOfMaps<number>;
    if (first === undefined || other === undefined) throw new RangeError("no maps");
    for (let key = 0; key < 20; key++) outer.set(key, key % 2 === 0 ? first : other);
    row.set(2, first);
    other.set(3, 77n);
    await using stranger = await openLinux();
    const idOf = (map: MapHandle) => mapInfo((map as LinuxHandle).raw.kernel, (map as LinuxHandle).fd).id;
    using theirs = await stranger.openMap({ id: idOf(outer) });
    using theirRow = await stranger.openMap({ id: idOf(row) });
    // Nobody tells the kernel the types of maps of maps.
    const asOuter = theirs as unknown as MapOfMaps<Uint8Array, AnyMap>;
    const entries = [...asOuter.entries()];
    const result = {
      known: [outer.get(1) === other, row.get(2) === first, row.get(1) === undefined],
      count: entries.length,
      maps: new Set(entries.map(([, map]) => map)).size,
      value: asOuter.get(Uint8Array.of(1, 0, 0, 0))?.get(3),
      row: [...(theirRow as unknown as MapOfMaps<number>).entries()].map(([key, map]) => [key, map.name]),
      wrong: refusal(() => outer.set(1, outer)),
      full: refusal(() => outer.set(9999, first, "replace")),
    };
    outer.clear();
    return { ...result, cleared: [...outer.entries()].length, opened: stranger.descriptors.length };
  },
  "an arena goes on": async () => {
    await using engine = await openLinux();
    const spec = specOf([declare("table", { type: "arena", key: 0, value: 0, flags: 0x400 })]);
    const first = await engine.load(spec);
    const arena = first.maps["table"];
    if (arena === undefined) throw new RangeError("no map");
    arena.view()[5] = 7;
    const next = await engine.load(spec, { reuse: first.maps });
    const again = next.maps["table"];
    const { id } = mapInfo((arena as unknown as LinuxHandle).raw.kernel, (arena as unknown as LinuxHandle).fd);
    using opened = await engine.openMap({ id });
    const same = [again?.address === arena.address, again?.view()[5], opened.view()[5]];
    await first[Symbol.asyncDispose]();
    const after = again?.view()[5];
    await using stranger = await openLinux();
    using theirs = await stranger.openMap({ id });
    return { same, after, closed: refusal(() => arena.view()), elsewhere: refusal(() => theirs.view()) };
  },
  "kinds that this kernel does not have": async () => {
    await using engine = await openLinux();
    const tryIt = async (shape: Shape) => {
      try {
        await using _made = await engine.load(specOf([declare("table", shape)]));
        return "made";
      } catch (error) {
        const { name, message } = error as Error;
        return `${name}: ${message.replace(/, this is .*/, "")}`;
      }
    };
    return [await tryIt({ type: "insn_array", value: 0, valueSize: 16 }), await tryIt({ type: "rhash", flags: 1 })];
  },
};

/** A program counts packets of its group, in what the kernel keeps for it and the group. */
async function inGroup(type: "cgroup_storage" | "percpu_cgroup_storage"): Promise<unknown> {
  const code = assemble(`
    r1 = 0x5eed000000000000 ll
    r2 = 0
    call 81
    r1 = 1
    lock *(u64 *)(r0 + 0) += r1
    r0 = 1
    exit`).map((instruction, at) => (at === 0 ? { ...instruction, src: 1 as const, imm: 0, high: 0 } : instruction));
  const spec = specOf(
    [declare("table", { type, key: group, maxEntries: 0 })],
    [
      {
        name: "counts",
        section: "cgroup_skb/egress",
        type: "cgroup_skb",
        attachType: "cgroup_inet_egress",
        code: encode(code),
        relocations: [{ slot: 0, kind: "map", map: "table", offset: 0 }],
        functions: [],
        lines: [],
      },
    ],
  );
  return await withGroup(async (name, folder) => {
    await using target = await Target.start();
    writeFileSync(`${folder}/cgroup.procs`, String(target.pid));
    await using engine = await openLinux();
    await using collection = await engine.load(spec);
    const map = collection.maps["table"];
    if (map === undefined) throw new RangeError("no map");
    const sum = (value: unknown) => (Array.isArray(value) ? value : [value]).reduce((left, right) => left + right, 0n);
    const before = [...map].length;
    const link = await collection.programs["counts"]?.attach({ cgroup: name });
    await target.do("tcp 0");
    const [[key, value] = []] = [...map];
    map.set(key, 1000n, "replace");
    const again = sum(map.get(key));
    map.clear();
    const zero = sum(map.get(key)) < 1000n;
    const result = {
      before,
      counted: sum(value) > 0n,
      attachType: (key as { attach_type: number }).attach_type,
      again: again >= 1000n,
      zero,
      refused: [
        refusal(() => map.set(key, 0n, "create")),
        refusal(() => map.set({ cgroup_inode_id: 1n, attach_type: 1 }, 0n)),
        refusal(() => map.delete(key)),
      ],
    };
    await link?.detach();
    return result;
  });
}

await main(scenarios);
