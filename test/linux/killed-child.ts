/**
 * A process to be killed: over and over it makes maps and loads programs of several kinds, attaches them in its own network namespace, reads an
 * iterator, pins, and gives it all back. Its standard output says how far it is: `STEP` each time that it begins with one.
 *
 *   node killed-child.ts FOLDER     in a network namespace, with a bpf file system at FOLDER
 */

import { writeSync } from "node:fs";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";

const [, , folder = ""] = process.argv;

const map = (name: string, more: Partial<MapSpec> = {}): MapSpec => ({
  name,
  type: "hash",
  keySize: 4,
  valueSize: 8,
  maxEntries: 64,
  flags: 0,
  keyType: 0,
  valueType: 0,
  ...more,
});

const SPEC: Spec = {
  name: "killed",
  license: "GPL",
  types: null,
  maps: [map("killed_table"), map("killed_ring", { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 })],
  programs: [
    program("killed_raw", "raw_tp/sched_process_hang"),
    program("killed_xdp", "xdp"),
    program("killed_tcx", "tcx/ingress"),
    program("killed_netns", "sk_lookup"),
    program("killed_point", "tracepoint/sched/sched_process_hang"),
    program("killed_tasks", "iter/task"),
  ],
};

const step = (name: string): void => void writeSync(1, `${name}\n`);

step(`pid ${process.pid}`);
await using engine = await openLinux();
for (let round = 0; ; round++) {
  step("load");
  const collection = await engine.load(SPEC);
  const { killed_raw, killed_xdp, killed_tcx, killed_netns, killed_point, killed_tasks } = collection.programs;
  step("attach");
  await killed_raw?.attach();
  await killed_xdp?.attach({ interface: "lo", mode: "generic" });
  await killed_tcx?.attach({ interface: "lo" });
  await killed_netns?.attach();
  await killed_point?.attach();
  step("read");
  for await (const line of killed_tasks?.iterate?.() ?? []) void line;
  step("records");
  const stop = new AbortController();
  const records = collection.maps["killed_ring"]?.records({ signal: stop.signal });
  const waiting = records?.next();
  if (round === 0 && folder !== "") {
    step("pin");
    await collection.maps["killed_table"]?.pin?.(`${folder}/kept`);
  }
  step("give back");
  stop.abort();
  await waiting;
  await collection[Symbol.asyncDispose]();
}
