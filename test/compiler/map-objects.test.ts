/** Objects with maps of every kind, variables and tables, as libbpf reads them: bpftool loads them into the live kernel, in a child. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { loadWithBpftool, noKernel } from "../object/load-with-bpftool.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-map-objects-"));
after(() => rmSync(folder, { recursive: true }));
const skip = noKernel();

for (const name of ["events", "globals", "map-kinds", "other-hooks"]) {
  test(`bpftool loads ${name}`, { skip }, () => {
    const file = new URL(`./programs/${name}.bpf.ts`, import.meta.url);
    const object = join(folder, `${name.replace("-", "_")}.o`);
    writeFileSync(object, writeObject(compileSource(readFileSync(file, "utf8"), { file: `${name}.bpf.ts` })));
    loadWithBpftool(object);
  });
}
