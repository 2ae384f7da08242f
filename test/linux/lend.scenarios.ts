/**
 * For lend.test.ts, two sides in processes of their own: `lend PATH USER [more…]` loads a program, attaches it to the loopback of a network
 * namespace of its own and lends it; `borrow PATH` uses what it gets. They are told in lines what to do, and answer in lines of JSON.
 */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { compile } from "../../src/compile.ts";
import type { BpfMap, RingBuffer } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { kernelDescriptors } from "../kernel/census.ts";

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, (_, one) => (typeof one === "bigint" ? Number(one) : one))}\n`);
};
/** An error as data. */
const told = (error: unknown) =>
  error instanceof Error ? { error: error.name, message: error.message } : { error: String(error) };

async function lend(path: string, user: number, source: string, more: readonly string[]): Promise<void> {
  await using engine = await openLinux();
  const collection = await engine.load(await compile(source));
  const program = collection.programs["count"];
  if (program === undefined) throw new RangeError("no program count");
  const link = await program.attach({ interface: "lo", mode: "generic" });
  using _lending = await engine.lend(collection, {
    path,
    user,
    links: [link],
    programs: more.includes("programs"),
    readOnly: more.includes("read-only"),
    ...(more.includes("few") ? { maps: ["counts"] } : {}),
    onBorrowed: (pid) => say({ borrowed: pid }),
  });
  say({ lending: process.pid });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "end") break;
    program.run({ packet: new Uint8Array(64) });
    say({ ran: true });
  }
}

async function borrow(path: string): Promise<void> {
  const rights = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const before = kernelDescriptors().length;
  {
    await using engine = await openLinux();
    const { collection, links } = await engine.borrow(path);
    const counts = collection.maps["counts"] as unknown as BpfMap<number, bigint> | undefined;
    const events = collection.maps["events"] as unknown as RingBuffer | undefined;
    say({
      rights,
      maps: Object.keys(collection.maps).sort(),
      programs: Object.keys(collection.programs),
      links: links.map(({ description }) => description),
      types: await Promise.all(links.map(async (link) => (await link.info())?.type)),
    });
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === "end") break;
      try {
        if (line === "look") say({ count: counts?.get(64), total: collection.variables["total"]?.get() });
        if (line === "write") {
          counts?.set(1, 5n);
          say({ wrote: counts?.get(1) });
        }
        if (line === "record") {
          for await (const record of events?.records() ?? []) {
            say({ record });
            break;
          }
        }
        if (line === "run") say({ verdict: collection.programs["count"]?.run({ packet: new Uint8Array(64) }).verdict });
        if (line === "load") say(await engine.load(collection.spec).then(() => ({ loaded: true }), told));
        if (line === "detach") {
          for (const link of links) await link.detach();
          say({ detached: true });
        }
      } catch (error) {
        say(told(error));
      }
    }
  }
  say({ left: kernelDescriptors().length - before });
}

const [, , side, path = "", user = "", source = "", ...more] = process.argv;
try {
  if (side === "lend") await lend(path, Number(user), source, more);
  else await borrow(path);
} catch (error) {
  say(told(error));
}
