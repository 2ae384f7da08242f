/** Loads a program for each hook, and for each helper, into the live kernel; attaches none. Prints what it refused as JSON. */

import { compileSource } from "../../src/compiler/compile.ts";
import { HELPER_LIST } from "../../src/compiler/typescript/library/helpers.ts";
import { FeatureError, PrivilegeError, VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import { helperProgram } from "./helpers.ts";
import { hookPrograms } from "./hooks.ts";

const sources = [
  ...hookPrograms().map(({ hook, source }) => ({ title: hook.name, source, options: {} })),
  ...HELPER_LIST.map((name) => ({ title: name, source: helperProgram(name), options: { kernel: () => kernelTypes("6.18") } })),
];
const refused: { title: string; kind: "verifier" | "missing"; problem: string }[] = [];
let loaded = 0;
await using engine = await openLinux();
for (const { title, source, options } of sources) {
  if (source === null) continue;
  try {
    await using _collection = await engine.load(compileSource(source, { file: "test.bpf.ts", ...options }));
    loaded++;
  } catch (error) {
    if (error instanceof VerifierError)
      refused.push({ title, kind: "verifier", problem: `${error.message}\n${error.log.slice(-8).join("\n")}` });
    else if (error instanceof FeatureError || error instanceof PrivilegeError)
      refused.push({ title, kind: "missing", problem: error.message });
    else throw new Error(`${title}: ${error}`, { cause: error });
  }
}
process.stdout.write(`${JSON.stringify({ loaded, refused })}\n`);
