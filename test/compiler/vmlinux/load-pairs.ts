/**
 * A child process: loads each of `PAIRS` into the live kernel and attaches none. Prints which it loaded, and which the verifier refused after
 * it had looked at them. A kernel may forbid programs of a kind without looking.
 */

import { VerifierError } from "../../../src/engine/errors.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { compileFor } from "./kernel-source.ts";
import { PAIRS } from "./pairs.ts";

const loaded: string[] = [];
const refused: string[] = [];
const forbidden: string[] = [];
await using engine = await openLinux();
for (const { name, typescript } of PAIRS) {
  try {
    await using _collection = await engine.load(compileFor(typescript));
    loaded.push(name);
  } catch (error) {
    const looked = error instanceof VerifierError && error.log.some((line) => /^\d+: \(/.test(line));
    if (looked) refused.push(`${name}: ${error}\n${error.log.slice(-20).join("\n")}`);
    else forbidden.push(`${name}: ${error}`);
  }
}
process.stdout.write(`${JSON.stringify({ loaded, refused, forbidden })}\n`);
