/**
 * A process that holds programs and maps, to be looked at: `node loaded.ts FIXTURE [PROGRAM[@PLACE]…]` loads them, says which numbers they have, and keeps
 * them until its standard input ends. `SKEP_TCX=no`: tc programs are filters. Programs that are named are attached where their sections say, or at an interface, or a control group.
 */

import { LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { openInspector } from "../../src/engine/linux/inspect/inspector.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { fixture } from "./fixtures.ts";
import { withoutTcx } from "./older-kernels.ts";

const [, , name = "", ...attached] = process.argv;
await using engine =
  process.env["SKEP_TCX"] === "no" ? new LinuxEngine(withoutTcx(await openNative()), MACHINE) : await openLinux();
await using collection = await engine.load(fixture(name));
for (const each of attached) {
  const [program = "", place] = each.split("@");
  const where = place === undefined ? {} : place.startsWith("/") ? { cgroup: place } : { interface: place };
  await collection.programs[program]?.attach(where);
}
using inspector = await openInspector();
const numbers = (
  objects: Readonly<Record<string, unknown>>,
  find: (handle: { readonly fd: number }) => { readonly id: number },
) => Object.fromEntries(Object.entries(objects).map(([key, handle]) => [key, find(handle as { readonly fd: number }).id]));
const programs = numbers(collection.programs, (handle) => inspector.program(handle));
const maps = numbers(collection.maps, (handle) => inspector.map(handle));
process.stdout.write(`${JSON.stringify({ programs, maps })}\n`);
for await (const _ of process.stdin);
