/**
 * `node load-examples.ts FILE…`: loads each program into the live kernel, for every instruction set version; prints what was refused as
 * JSON. Files that only others import, and programs that need what this kernel does not have, are left out.
 */

import { compile } from "../../src/compile.ts";
import { CompileError } from "../../src/compiler/compile.ts";
import { FeatureError, VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";

const answers: string[] = [];
await using engine = await openLinux();
for (const file of process.argv.slice(2)) {
  for (const cpu of [1, 2, 3, 4] as const) {
    try {
      await using _collection = await engine.load(await compile(file, { cpu }));
    } catch (error) {
      if (error instanceof FeatureError) continue;
      if (error instanceof CompileError && error.diagnostics.every(({ code }) => code === "SK3007")) continue;
      const log = error instanceof VerifierError ? error.log.slice(-20).join("\n") : "";
      answers.push(`${file} (cpu v${cpu}): ${error}\n${log}`);
    }
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`);
