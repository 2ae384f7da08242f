/**
 * Loads objects, other people's above all, by libbpf and by Skep on the kernel that runs here, program by program, and says where they
 * differ (root; nothing is attached).
 *
 *   node scripts/compare-loads.ts [--libbpf="FLAGS FOR CC"] [--roughly] FOLDER|FILE…
 *
 * `--libbpf="-I/x -L/x -l:libbpf.a -lelf -lz"`: another libbpf than the installed one. `--roughly`: whether a program loads is compared, and not
 * how it is refused. Exit code 1: there is a difference.
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildLoader, compare, loadBy, SKEP } from "../test/linux/objects/compare.ts";
import { noMounts } from "../test/linux/this-kernel.ts";

const { values, positionals } = parseArgs({
  options: { libbpf: { type: "string" }, roughly: { type: "boolean", default: false } },
  allowPositionals: true,
});
const objects = positionals.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /\.(o|elf)$/.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path],
);
const built = buildLoader(values.libbpf?.split(" "));
const missing = "missing" in built ? `needs ${built.missing}` : noMounts();
if ("missing" in built || missing !== false || objects.length === 0) {
  console.error(missing === false ? "Expected folders or objects to compare." : `This ${missing}.`);
  process.exit(2);
}
const { programs, loaded, refused, gaps, differences } = compare(
  loadBy([built.path], objects),
  loadBy(SKEP, objects),
  !values.roughly,
);
for (const { object, program, libbpf, skep } of differences) {
  console.log(`${object} ${program}\n    libbpf: ${libbpf}\n    skep:   ${skep}`);
}
console.log(
  `${objects.length} objects, ${programs} programs: ${loaded} loaded by both, ${refused} refused by both, ${gaps} loaded by Skep alone on purpose, ${differences.length} differences`,
);
process.exitCode = differences.length > 0 ? 1 : 0;
