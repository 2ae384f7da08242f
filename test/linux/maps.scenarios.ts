/** Maps of all kinds, shared with programs of this kernel. See scenario.ts. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { release } from "node:os";
import { compileSource } from "../../src/compiler/compile.ts";
import type {
  Arena,
  ArrayMap,
  BloomFilter,
  BpfMap,
  MapOfMaps,
  ProgramArray,
  QueueMap,
  UserRingBuffer,
} from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { fixture } from "./fixtures.ts";
import { main, Variables } from "./scenario.ts";

const CONGESTION = `import { structOps, type u32 } from "skep/bpf";
import { type sock, type tcp_congestion_ops, type tcp_sock, tcp_reno_cong_avoid, tcp_reno_undo_cwnd } from "skep/vmlinux";
export const skep_test = structOps<tcp_congestion_ops>({
  ssthresh: (tp: tcp_sock) => Math.max(tp.snd_cwnd >> 1, 2),
  cong_avoid: (sk: sock, ack: u32, acked: u32) => {
    tcp_reno_cong_avoid(sk, ack, acked);
  },
  undo_cwnd: (sk: sock) => tcp_reno_undo_cwnd(sk),
  name: "skep_test",
});
`;

const PACKET = packet(ethernet(), ipv4(), udp(), padding());

async function withMaps<Result>(
  use: (maps: Record<string, unknown>, run: (program: string) => number) => Promise<Result> | Result,
) {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("maps"));
  const maps: Record<string, unknown> = collection.maps;
  return await use(maps, (name) => (collection.programs[name]?.run({ packet: PACKET }).verdict ?? 0) | 0);
}

/** What an operation throws, in short. */
function refusal(operation: () => unknown): string {
  try {
    return `gave ${operation()}`;
  } catch (error) {
    return `${(error as Error).name} ${(error as { code?: string }).code}`;
  }
}

await main({
  "maps in maps": () =>
    withMaps((maps, run) => {
      const outer = maps["outer"] as MapOfMaps<number, ArrayMap<bigint>>;
      const second = maps["second"] as ArrayMap<bigint>;
      second.set(3, 42n);
      const before = run("reads_inner");
      const names = [...outer.entries()].map(([key, { name }]) => [key, name]);
      outer.set(2, maps["first"] as ArrayMap<bigint>);
      (maps["first"] as ArrayMap<bigint>).set(3, 43n);
      const changed = run("reads_inner");
      const deleted = outer.delete(2);
      return {
        before,
        names,
        changed,
        deleted,
        after: [run("reads_inner"), outer.get(2) === undefined, outer.get(1) === maps["first"]],
        wrong: refusal(() => outer.set(0, maps["queue"] as ArrayMap<bigint>)),
      };
    }),
  "program arrays": () =>
    withMaps((maps, run) => {
      const steps = maps["steps"] as ProgramArray;
      const names = [...steps.entries()].map(([index, { name }]) => [index, name]);
      const jumps = run("jumps");
      steps.delete(2);
      return { names, jumps, after: run("jumps"), beyond: refusal(() => steps.delete(9)) };
    }),
  "queues and stacks": () =>
    withMaps((maps, run) => {
      const queue = maps["queue"] as QueueMap<bigint>;
      const stack = maps["stack"] as QueueMap<bigint>;
      for (const value of [1n, 2n, 3n]) queue.push(value);
      const full = refusal(() => queue.push(4n));
      queue.push(4n, { replace: true });
      const peeked = queue.peek();
      run("moves");
      const moved = [queue.pop() === undefined, stack.pop(), stack.peek(), stack.pop(), stack.pop(), stack.pop() === undefined];
      queue.push(9n);
      queue.clear();
      return { full, peeked, moved, cleared: queue.peek() === undefined, length: refusal(() => queue.length) };
    }),
  "bloom filters": () =>
    withMaps((maps) => {
      const filter = maps["filter"] as BloomFilter<bigint>;
      filter.add(5n);
      return [filter.has(5n), filter.has(6n)];
    }),
  "a ring that programs read": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("maps"));
    const orders = collection.maps["orders"] as unknown as UserRingBuffer<bigint>;
    for (const order of [1n, 2n, 3n]) orders.submit(order);
    const waiting = orders.available;
    const drained = (collection.programs["drains"]?.run().verdict ?? 0) | 0;
    const answer = new Variables(collection).get("answer");
    let count = 0;
    const full = refusal(() => {
      for (;;) {
        orders.submit(7n);
        count++;
      }
    });
    return { waiting, drained, answer, left: orders.available, full, count };
  },
  "arrays as memory, empty once they are gone": async () => {
    await using engine = await openLinux();
    const collection = await engine.load(fixture("maps"));
    const bss = Object.values(collection.maps).find(({ spec }) => spec.section === ".bss") as unknown as ArrayMap<{
      answer: bigint;
    }>;
    const view = bss.view();
    new DataView(view.buffer).setBigUint64(0, 123n, true);
    const read = bss.get(0)?.answer;
    const plain = refusal(() => (collection.maps["first"] as unknown as ArrayMap).view());
    await collection[Symbol.asyncDispose]();
    return { read, plain, length: view.length };
  },
  arenas: async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("arena"));
    const shared = collection.maps["shared"] as unknown as Arena;
    const context = new Uint8Array(8).fill(7, 0, 1);
    const status = collection.programs["writes"]?.run({ context }).verdict;
    const view = new DataView(shared.view().buffer);
    return { status, value: view.getBigUint64(24, true), place: shared.address > 0n, pages: refusal(() => shared.pages) };
  },
  "sockets in a map": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("network"), { programs: ["on_message", "on_stream"] });
    const sockets = collection.maps["sockets"] as unknown as BpfMap<number, bigint>;
    const map = collection.maps["sockets"];
    const variables = new Variables(collection);
    const { on_message, on_stream } = collection.programs;
    const links = [
      await on_message?.attach({ map: map as NonNullable<typeof map> }),
      await on_stream?.attach({ map: map as NonNullable<typeof map> }),
    ];
    const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client: Socket = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
    await once(client, "connect");
    // Node keeps the descriptor of a socket to itself, where everybody looks for it.
    const { _handle } = client as unknown as { _handle: { fd: number } };
    sockets.set(0, BigInt(_handle.fd));
    client.write("hello");
    const [answer] = await once(client, "data");
    const ran = [variables.hits(24), variables.hits(25)];
    const descriptions = links.map((link) => link?.description);
    for (const link of links) await link?.detach();
    // The kernel leaves a socket the programs that it came in with.
    sockets.delete(0);
    client.write("again");
    await once(client, "data");
    const after = [variables.hits(24), variables.hits(25)];
    client.destroy();
    server.close();
    return {
      answer: String(answer),
      ran: ran.map((hits) => hits > 0),
      after: after.map((hits, at) => hits - (ran[at] ?? 0)),
      descriptions,
    };
  },
  "maps go on": async () => {
    await using engine = await openLinux();
    const spec = fixture("maps");
    const old = await engine.load(spec);
    (old.maps["first"] as unknown as ArrayMap<bigint>).set(1, 5n);
    const next = await engine.load(spec, { reuse: old.maps });
    await old[Symbol.asyncDispose]();
    const value = (next.maps["first"] as unknown as ArrayMap<bigint>).get(1);
    const message = async (change: (map: (typeof spec.maps)[number]) => object): Promise<string> => {
      const maps = spec.maps.map((map) => (map.name === "first" ? { ...map, ...change(map) } : map));
      try {
        await using _third = await engine.load(
          { ...spec, maps },
          { reuse: { first: next.maps["first"] as NonNullable<(typeof next.maps)[string]> } },
        );
        return "loaded";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const refused = [await message(() => ({ maxEntries: 5 })), await message(() => ({ type: "hash" }))];
    await next[Symbol.asyncDispose]();
    return { value, refused, left: engine.descriptors };
  },
  "an interface of the kernel": async () => {
    // Congestion control that no socket uses.
    const listed = () => readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").includes("skep_test");
    const spec = compileSource(CONGESTION, { file: "congestion.bpf.ts", kernel: () => kernelTypes("6.18") });
    await using engine = await openLinux();
    await using collection = await engine.load(spec);
    const map = collection.maps["skep_test"];
    if (map === undefined) throw new RangeError("no map skep_test");
    const before = listed();
    const link = await map.attach();
    const during = listed();
    const twice = await map.attach().catch((error: Error) => error.message);
    await link.detach();
    const after = listed();
    const again = await map.attach();
    await collection[Symbol.asyncDispose]();
    return {
      description: link.description,
      before,
      during,
      twice,
      after,
      gone: "attached" in again && again.attached === false && !listed(),
      left: engine.descriptors,
    };
  },
  "names of the kernel": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("kernel"));
    const context = new Uint8Array(new BigUint64Array([BigInt(process.pid)]).buffer);
    const { verdict } = collection.programs["asks"]?.run({ context }) ?? {};
    const variables = new Variables(collection);
    const [major, minor] = release().split(".").map(Number);
    return {
      verdict,
      version: Number(variables.get("version")) >> 8 === (major ?? 0) * 256 + (minor ?? 0),
      hz: Number(variables.get("hz")) > 0,
      cookie: variables.get("cookie"),
      text: (variables.get("text") as bigint) > 0n,
      absent: variables.get("absent"),
      found: variables.get("found"),
    };
  },
});
