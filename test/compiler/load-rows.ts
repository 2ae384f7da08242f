/** Runs every row of rows.ts in the live kernel, by BPF_PROG_TEST_RUN; prints what differed as JSON. */

import { compileSource } from "../../src/compiler/compile.ts";
import { VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { computing, counted } from "./program.ts";
import { GROUPS } from "./rows.ts";

const answers: string[] = [];
await using engine = await openLinux();
for (const { rows, top } of GROUPS) {
  for (const [body, expected] of rows) {
    try {
      await using collection = await engine.load(compileSource(computing(body, top), { file: "row.bpf.ts" }));
      collection.programs["program"]?.run({ packet: counted() });
      const result = collection.maps["out"]?.get(0);
      if (result !== expected) answers.push(`${body}: expected ${expected}, found ${result}`);
    } catch (error) {
      const log = error instanceof VerifierError ? error.log.slice(-20).join("\n") : "";
      answers.push(`${body}: ${error}\n${log}`);
    }
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`);
