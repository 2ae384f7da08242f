/**
 * `node load-objects.ts LIST`: a child process of compare-verdicts.ts, or the whole of what runs in a guest. Loads every program
 * of the objects that LIST names, a line each, into the kernel that runs here, and prints a line of JSON for each program, and
 * one before each object.
 */

import { readFileSync } from "node:fs";
import { release } from "node:os";
import { openLoader } from "./kernel.ts";
import { type ObjectAnswer, readWhole } from "./objects.ts";
import { refusalText } from "./recorded.ts";

const loader = await openLoader();
for (const file of readFileSync(process.argv[2]!, "utf8").trimEnd().split("\n")) {
  console.log(JSON.stringify({ begins: file }));
  let spec: ReturnType<typeof readWhole>;
  try {
    spec = readWhole(file, release());
  } catch {
    continue;
  }
  for (const program of spec.programs) {
    const brief = loader.load(spec, program, 4);
    const { accepted, errno, failed, log } = brief;
    const told = accepted || failed !== undefined ? brief : loader.load(spec, program, 1);
    const number = (pattern: RegExp) => Number(pattern.exec(log)?.[1] ?? 0);
    const answer: ObjectAnswer = {
      ...{ file, program: program.name, accepted, errno },
      processed: number(/^processed (\d+) insns/m),
      states: number(/total_states (\d+)/),
      time: number(/^verification time (\d+) usec/m),
      text: accepted ? "" : refusalText(told.log),
      ...(failed === undefined ? {} : { failed }),
    };
    console.log(JSON.stringify(answer));
  }
}
