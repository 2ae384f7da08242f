/**
 * `node run-arena.ts OBJECT PROGRAM SIZE`: runs a `syscall` program that uses an arena in this kernel, on so many zeroed bytes, and
 * prints verdict and bytes as JSON. Its map and program are this process's own, and gone with it. The libbpf of distributions is older
 * than arenas, so it does by hand what a loader does: an arena at the address that the Spec says, kernel functions by their BTF ids.
 */

import { readFileSync } from "node:fs";
import { openBtf } from "../../src/btf/btf.ts";
import { DescriptorLedger } from "../../src/engine/linux/descriptors.ts";
import { MACHINE, possibleCpus } from "../../src/engine/linux/facts.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import { loadProgram } from "../../src/engine/linux/programs/load.ts";
import { relocate } from "../../src/engine/linux/programs/relocate.ts";
import { runOnContext } from "../../src/engine/linux/programs/run-context.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";
import { objectSpec } from "../calls/objects.ts";

const [object = "", name = "", size = "0"] = process.argv.slice(2);
const spec = objectSpec(object);
const program = spec.programs.find((program) => program.name === name);
const [map] = spec.maps;
if (program === undefined || map === undefined) throw new Error(`${object}: no program ${name}, or no map`);

const transport = await openNative();
const kernel = {
  transport,
  ledger: new DescriptorLedger(transport),
  facts: MACHINE,
  types: new KernelTypes(MACHINE),
  cpus: possibleCpus(MACHINE),
};
const request = new Request(transport, "map_create")
  .u32("map_type", MAP_TYPE[map.type])
  .u32("max_entries", map.maxEntries)
  .u32("map_flags", map.flags)
  .u64("map_extra", Number(map.extra ?? 0n));
const fd = request.send();
if (fd < 0) throw request.error(fd);
kernel.ledger.adopt(fd, `map ${map.name}`);

const types = openBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
const code = relocate(program, (wanted) => (wanted === map.name ? fd : undefined));
const view = new DataView(code.buffer);
for (const { slot, name: symbol } of program.externs ?? []) {
  view.setInt16(slot * 8 + 2, 0, true);
  view.setInt32(slot * 8 + 4, types.find(symbol, "function")!, true);
}
const descriptor = loadProgram(kernel, spec, program, code, null);
const { verdict, context } = runOnContext(kernel, program, descriptor, { context: new Uint8Array(Number(size)) });
console.log(JSON.stringify({ verdict, bytes: [...(context as Uint8Array)] }));
kernel.ledger.closeAll();
