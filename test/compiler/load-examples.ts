/** `node load-examples.ts FILE…`: loads each program into the live kernel, for every instruction set version; prints what happened as JSON. */

import { readFileSync } from "node:fs";
import { compileSource } from "../../src/compiler/compile.ts";
import { VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";

const answers: string[] = [];
await using engine = await openLinux();
for (const file of process.argv.slice(2)) {
  for (const cpu of [1, 2, 3, 4] as const) {
    try {
      await using _collection = await engine.load(compileSource(readFileSync(file, "utf8"), { file, cpu }));
    } catch (error) {
      const log = error instanceof VerifierError ? error.log.slice(-20).join("\n") : "";
      answers.push(`${file} (cpu v${cpu}): ${error}\n${log}`);
    }
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`);
