/** What would be asked of the kernel, without asking it anything. */

import type { Engine } from "./engine.ts";
import type { RecordedCall } from "./linux/dry-run/recorder.ts";

export type { Fields } from "./linux/dry-run/describe.ts";
export type { RecordedCall } from "./linux/dry-run/recorder.ts";

export interface DryRun {
  /** Whatever it is told to do succeeds, and is not done. It looks at this machine's types, interfaces and control groups. */
  readonly engine: Engine;
  /** Every system call that it would have made so far, in order. */
  readonly calls: readonly RecordedCall[];
}

/**
 * An engine that records the system calls which the Linux engine would make, and makes none: `load`, `attach` and what is done with maps are
 * written down as `calls`. Needs no privileges, and no native code. Programs are not verified (`verify` does that).
 */
export async function openDryRun(): Promise<DryRun> {
  const { openRecorded } = await import("./linux/dry-run/dry-run.ts");
  return openRecorded();
}
