/** A child process: uses the programs of arenas.bpf.ts in the live kernel, and prints what was found as JSON; status 3 when it may not load them. */

import { FeatureError, PrivilegeError } from "../../../src/engine/errors.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { arenaSpec, told, useArena } from "./run.ts";

try {
  for (const cpu of [3, 4] as const) {
    await using engine = await openLinux();
    console.log(told(await useArena(engine, arenaSpec(cpu))));
  }
} catch (error) {
  if (!(error instanceof PrivilegeError || error instanceof FeatureError)) throw error;
  console.error(error.message);
  process.exitCode = 3;
}
