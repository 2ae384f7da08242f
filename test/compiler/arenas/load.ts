/** A child process: uses the programs of arenas.bpf.ts and programs.ts in the live kernel, and prints what was found as JSON, and what went wrong; status 3 when it may not load them. */

import type { Engine } from "../../../src/engine/engine.ts";
import { FeatureError, PrivilegeError, VerifierError } from "../../../src/engine/errors.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { type ArenaProgram, PROGRAMS, ran, specOf } from "./programs.ts";
import { arenaSpec, told, useArena } from "./run.ts";

/** What went wrong; null when nothing did, or the kernel is older than what the program needs. */
async function attempt(engine: Engine, program: ArenaProgram): Promise<string | null> {
  try {
    const found = await ran(engine, specOf(program));
    return found.join() === program.expected.join() ? null : `expected ${program.expected}, found ${found}`;
  } catch (error) {
    if (program.since !== undefined && error instanceof FeatureError) return null;
    return `${error}\n${error instanceof VerifierError ? error.log.slice(-20).join("\n") : ""}`;
  }
}

try {
  for (const cpu of [3, 4] as const) {
    await using engine = await openLinux();
    console.log(told(await useArena(engine, arenaSpec(cpu))));
  }
  // At an address whose lower half is 0, the first page is not null all the same.
  {
    await using engine = await openLinux();
    console.log(told(await useArena(engine, arenaSpec(3, 1n << 44n))));
  }
  for (const program of PROGRAMS) {
    await using engine = await openLinux();
    const wrong = await attempt(engine, program);
    if (wrong !== null) console.log(`${program.name}: ${wrong}`);
  }
} catch (error) {
  if (!(error instanceof PrivilegeError || error instanceof FeatureError)) throw error;
  console.error(error.message);
  process.exitCode = 3;
}
