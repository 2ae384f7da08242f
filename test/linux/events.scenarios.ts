/** Buffers and streams of this kernel, written by programs that run on packets and contexts of ours. See scenario.ts. */

import { compileSource } from "../../src/compiler/compile.ts";
import type { RingBuffer, UserRingBuffer } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { fixture } from "./fixtures.ts";
import { main } from "./scenario.ts";

const RINGS = 12;
const MANY = `import { ringBuffer, u64, xdp, XDP_PASS } from "skep/bpf";
interface Item { number: u64 }
${Array.from({ length: RINGS }, (_, at) => `export const ring${at} = ringBuffer<Item>({ maxEntries: 4096 });`).join("\n")}
${Array.from({ length: RINGS }, (_, at) => `export const write${at} = xdp(() => { ring${at}.output({ number: ${at} }); return XDP_PASS; });`).join("\n")}
`;
const PACKET = packet(ethernet(), ipv4(), udp(), padding());
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

await main({
  "one waiter for many rings": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(compileSource(MANY, { file: "many.bpf.ts" }));
    const maps: Record<string, unknown> = collection.maps;
    const rings = Array.from({ length: RINGS }, (_, at) => maps[`ring${at}`] as RingBuffer<{ number: bigint }>);
    const before = engine.descriptors.length;
    const stop = new AbortController();
    const seen: number[] = [];
    const done = rings.map((ring) => ring.consume(({ number }) => void seen.push(Number(number)), { signal: stop.signal }));
    while (engine.descriptors.length === before) await turn();
    for (let at = 0; at < RINGS; at++) {
      await turn();
      collection.programs[`write${at}`]?.run({ packet: PACKET });
      while (seen.length <= at) await turn();
    }
    // More than a timer and a wake-up find at once, and than the ring holds.
    for (let round = 0; round < 20; round++) {
      collection.programs["write3"]?.run({ packet: PACKET, repeat: 500 });
      await turn();
    }
    const opened = engine.descriptors.length - before;
    while (rings[3]?.available !== 0) await turn();
    stop.abort();
    const counts = await Promise.all(done);
    return {
      opened,
      order: seen.slice(0, RINGS),
      accounted: (counts[3] ?? 0) + (rings[3]?.lost ?? 0),
      lost: (rings[3]?.lost ?? 0) > 0,
      others: counts.filter((_, at) => at !== 3),
      left: engine.descriptors.length - before,
    };
  },
  "room in a ring that programs read": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("maps"));
    const orders = collection.maps["orders"] as unknown as UserRingBuffer<bigint>;
    for (let count = 0; count < 256; count++) orders.submit(7n);
    const sent: number[] = [];
    const sending = [1, 2].map((order) => orders.send(BigInt(order)).then(() => sent.push(order)));
    const stop = new AbortController();
    const given = orders.send(3n, { signal: stop.signal }).catch((error: Error) => error.name);
    await turn();
    const before = sent.length;
    stop.abort();
    const drained = (collection.programs["drains"]?.run().verdict ?? 0) | 0;
    await Promise.all(sending);
    return { before, given: await given, drained, sent, left: orders.available };
  },
  streams: async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("streams"));
    const { tells } = collection.programs;
    const tell = (lines: number, errors: number) =>
      tells?.run({ context: new Uint8Array(new Uint32Array([lines, errors]).buffer) }).verdict;
    const verdict = tell(300, 2);
    // Kernels that may not allocate where programs run take nothing: ENOMEM.
    if (verdict !== 0)
      return { error: (verdict ?? 0) | 0, read: [tells?.stream?.("stdout").read(), tells?.stream?.("stderr").read()] };
    const first = tells?.stream?.("stdout").read() ?? "";
    const errors = tells?.stream?.("stderr").read();
    const again = tells?.stream?.("stdout").read();
    const stop = new AbortController();
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of tells?.stream?.("stdout", { signal: stop.signal, interval: 1 }) ?? [])
        if (lines.push(line) === 2) stop.abort();
    })();
    await turn();
    tell(2, 0);
    await reading;
    // Ends with its collection.
    const other = await engine.load(fixture("streams"));
    const rest = (async () => {
      let count = 0;
      for await (const _ of other.programs["tells"]?.stream?.("stderr", { interval: 1 }) ?? []) count++;
      return count;
    })();
    await other[Symbol.asyncDispose]();
    return {
      verdict,
      lines: first.split("\n").length,
      last: first.split("\n").at(-2),
      errors,
      again,
      lines2: lines,
      rest: await rest,
    };
  },
});
