/** Programs on events in the live kernel, run by its test run: attached to nothing. In a process of its own, as scenarios.ts. */

import { openLinux } from "../../src/engine/linux/engine.ts";
import { fixture } from "../events/fixtures.ts";
import { rowsOf, USER_AND_KERNEL } from "../events/texts.ts";

/** What the helpers on text and memory answered, row by row. */
export async function eventTexts() {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("texts"), { programs: ["formats", "numbers", "reads"] });
  const { formats, numbers, reads } = collection.programs;
  const verdicts = [formats!.run(), numbers!.run(), reads!.run(USER_AND_KERNEL)].map(({ verdict }) => verdict);
  return { verdicts, rows: rowsOf(collection.maps["rows"]!) };
}

/** A syscall program's answer. */
export async function eventSyscall() {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("texts"), { programs: ["asks"] });
  const { verdict, context } = collection.programs["asks"]!.run({ context: Uint8Array.of(21, 0, 0, 0, 0, 0, 0, 0) });
  return { verdict, context: [...(context ?? [])] };
}
