/**
 * Records what kernels know of the numbers in the table's programs: `node test/verifier/numbers/record.ts [6.1|6.12|6.18] [all]`.
 * Without a version, the kernel that runs here (as root), which should be a 6.18; the others in QEMU, as ../record.ts explains.
 *
 * With `all`, every program of the table is compared with what we find, and nothing is recorded.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { runHere, runInGuest } from "../../guest/run.ts";
import { differences } from "./compare.ts";
import type { Observed } from "./observe.ts";
import { programs } from "./programs.ts";
import { ERAS, recordedFile } from "./recorded.ts";

const LOAD = fileURLToPath(new URL("load.ts", import.meta.url));

const [kernel = "live", choice = ""] = process.argv.slice(2);
const name = kernel === "live" ? "6.18" : kernel;
const era = ERAS[name as keyof typeof ERAS];
const output = kernel === "live" ? runHere(LOAD, `${era}`, choice) : runInGuest(kernel, LOAD, `${era}`, choice);
if (choice === "all") {
  const observed = new Map(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t") as [string, string]),
  );
  let differing = 0;
  for (const [program, instructions] of programs(era, true)) {
    const found = differences(instructions, JSON.parse(observed.get(program) ?? "") as Observed, era);
    if (found.length === 0) continue;
    differing++;
    console.log(`${program}\n    ${found.slice(0, 3).join("\n    ")}`);
  }
  console.log(`${name}: ${observed.size} programs, ${differing} differ`);
} else {
  writeFileSync(recordedFile(name), gzipSync(output, { level: 9 }));
}
