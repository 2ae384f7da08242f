/** `node load-mutants.ts FILE`: what runs in a guest for mutate.ts. Prints a line of JSON for each mutant in FILE. */

import { readFileSync } from "node:fs";
import { openLoader } from "./kernel.ts";
import { type Mutant, specOf } from "./mutants.ts";
import { suite } from "./suite/all.ts";

const loader = await openLoader();
const originals = new Map([...suite()].map((original) => [original.name, original]));
for (const line of readFileSync(process.argv[2]!, "utf8").split("\n")) {
  const { name, code } = JSON.parse(line) as Mutant;
  const original = originals.get(name)!;
  const { spec, program } = specOf(original.spec, original.program, code);
  const { accepted, failed, log } = loader.load(spec, program, 1);
  console.log(JSON.stringify({ accepted, failed: failed ?? null, end: log.slice(-200) }));
}
