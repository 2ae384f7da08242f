/** Names in a bpf file system of this process's own. See scenario.ts. */

import { existsSync } from "node:fs";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
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
  async "outlives who pinned it"() {
    {
      await using engine = await openLinux();
      await using collection = await engine.load(SPEC);
      const { verdict, lookup } = collection.programs;
      verdict?.pin?.(`${PLACE}/verdict`);
      lookup?.pin?.(`${PLACE}/lookup`);
      collection.maps["table"]?.set(1, new Uint8Array([7, 0, 0, 0]));
      collection.maps["table"]?.pin?.(`${PLACE}/table`);
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
    for (const name of ["verdict", "lookup"]) again.unpin(`${PLACE}/${name}`);
    map.unpin(`${PLACE}/table`);
    return {
      ...result,
      gone: [await failure(() => engine.openProgram({ path: `${PLACE}/verdict` })), existsSync(`${PLACE}/table`)],
      twiceGone: await failure(() => map.unpin(`${PLACE}/table`)),
      none: await failure(() => engine.openProgram({ id: 0x7fffffff })),
    };
  },
});
