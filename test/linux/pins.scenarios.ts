/** Names in a bpf file system of this process's own. See scenario.ts. */

import { existsSync } from "node:fs";
import { DescriptorLedger } from "../../src/engine/linux/descriptors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import type { LinuxHandle } from "../../src/engine/linux/maps/handle.ts";
import { kindOf, openPinned, pinObject } from "../../src/engine/linux/pins.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { SystemError } from "../../src/engine/linux/sys/system-error.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";
import { main } from "./scenario.ts";

const table: MapSpec = {
  name: "table",
  type: "array",
  keySize: 4,
  valueSize: 4,
  maxEntries: 2,
  flags: 0,
  keyType: 0,
  valueType: 0,
};
const SPEC: Spec = {
  name: "pins",
  license: "GPL",
  types: null,
  maps: [table],
  programs: [program("verdict"), program("lookup", "sk_lookup")],
};
const PLACE = "/sys/fs/bpf/skep/app";

async function failure(work: () => unknown): Promise<string> {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return `${(error as Error).name} ${String((error as { code?: unknown }).code ?? "")}`.trim();
  }
}

await main({
  /** A file system that has no place among the others: it goes with its descriptor, and what is pinned in it. */
  async "relative to a folder"() {
    const transport = await openNative();
    const ledger = new DescriptorLedger(transport);
    const kernel = { transport, ledger, facts: MACHINE, types: new KernelTypes(MACHINE), cpus: 1 };
    const folder = transport.mount("bpf");
    if (folder < 0) throw new SystemError("fsmount", -folder);
    await using engine = await openLinux();
    await using collection = await engine.load(SPEC);
    const { fd } = collection.maps["table"] as unknown as LinuxHandle;
    pinObject(kernel, fd, "table", { folder });
    const again = openPinned(kernel, "table", { folder, kind: "map", access: "read" });
    const result = {
      kind: kindOf(MACHINE, again.fd),
      twice: await failure(() => pinObject(kernel, fd, "table", { folder })),
      absent: await failure(() => openPinned(kernel, "nothing", { folder })),
      program: await failure(() => openPinned(kernel, "table", { folder, kind: "program" })),
    };
    again.close();
    transport.close(folder);
    return { ...result, left: ledger.report() };
  },
  async "outlives who pinned it"() {
    {
      await using engine = await openLinux();
      await using collection = await engine.load(SPEC);
      const { verdict, lookup } = collection.programs;
      await verdict?.pin?.(`${PLACE}/verdict`);
      await lookup?.pin?.(`${PLACE}/lookup`);
      collection.maps["table"]?.set(1, new Uint8Array([7, 0, 0, 0]));
      await collection.maps["table"]?.pin?.(`${PLACE}/table`);
    }
    await using engine = await openLinux();
    const map = await engine.openMap({ path: `${PLACE}/table` });
    const again = await engine.openProgram({ path: `${PLACE}/verdict` });
    const lookup = await engine.openProgram({ path: `${PLACE}/lookup` });
    const link = await lookup.attach();
    const result = {
      value: [...(map.get(1) as Uint8Array)],
      verdict: [again.name, again.spec.type, again.run({ packet: new Uint8Array(64) }).verdict],
      link: link.description,
      twice: await failure(() => again.pin(`${PLACE}/verdict`)),
      kind: await failure(() => engine.openProgram({ path: `${PLACE}/table` })),
      section: await failure(() => engine.openProgram({ path: `${PLACE}/verdict`, section: "tc" })),
      dots: await failure(() => again.pin(`${PLACE}/a.b`)),
      elsewhere: await failure(() => again.pin("/tmp/skep-pin")),
    };
    for (const name of ["verdict", "lookup"]) await again.unpin(`${PLACE}/${name}`);
    await map.unpin(`${PLACE}/table`);
    return {
      ...result,
      gone: [await failure(() => engine.openProgram({ path: `${PLACE}/verdict` })), existsSync(`${PLACE}/table`)],
      twiceGone: await failure(() => map.unpin(`${PLACE}/table`)),
      none: await failure(() => engine.openProgram({ id: 0x7fffffff })),
    };
  },
});
