/**
 * Runs in a network namespace, as a process of its own: loads the traffic program, attaches it, and does what the lines on its
 * standard input say. Every answer is one line of JSON.
 *
 *     node watcher.ts INTERFACE [native|generic]
 *     drop KIND   allow KIND   counts   detach   attach   descriptors   exit
 */

import { createInterface } from "node:readline";
import type { BpfMap, Link, PerCpuMap } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { trafficSpec } from "./traffic.ts";

const [, , interfaceName = "", mode] = process.argv;
const say = (answer: unknown) =>
  process.stdout.write(`${JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? Number(value) : value))}\n`);
const fail = (error: unknown) =>
  say(error instanceof Error ? { error: error.name, message: error.message } : { error: String(error) });

const engine = await openLinux();
const collection = await engine.load(trafficSpec());
const counts = collection.maps["counts"] as PerCpuMap<number, bigint>;
const dropped = collection.maps["dropped"] as BpfMap<number, number>;
let link: Link | undefined;

async function attach(): Promise<void> {
  const options =
    mode === "native" || mode === "generic" ? ({ interface: interfaceName, mode } as const) : { interface: interfaceName };
  try {
    link = await collection.programs["watch"]!.attach(options);
    say({ attached: link.description });
  } catch (error) {
    fail(error);
  }
}

await attach();
for await (const line of createInterface({ input: process.stdin })) {
  const [verb = "", argument] = line.split(" ");
  if (verb === "drop") {
    dropped.set(Number(argument), 1);
    say({ dropping: argument });
  } else if (verb === "allow") say({ allowing: dropped.delete(Number(argument)) });
  else if (verb === "counts")
    say(Object.fromEntries([...counts].map(([kind, values]) => [kind, values.reduce((sum, value) => sum + value, 0n)])));
  else if (verb === "detach") {
    await link?.detach();
    say({ detached: true });
  } else if (verb === "attach") await attach();
  else if (verb === "descriptors") say(engine.descriptors);
  else if (verb === "exit") break;
  else say({ error: `what is ${verb}?` });
}
await collection[Symbol.asyncDispose]();
await engine[Symbol.asyncDispose]();
say({ left: engine.descriptors });
process.exit(0);
