/** What tests of features ask of reports, on this kernel and in guests. */

import assert from "node:assert/strict";
import type { Callables, Feature, FeatureReport } from "../../src/engine/kernel-features.ts";

/** For messages. */
export const wrong = (features: readonly Feature[]): string[] =>
  features.map(({ kind, name, since, cause, reason }) => `${kind} ${name} (${since}): ${cause}: ${reason}`);

/** What measurements of a version say of helpers and functions is what the kernel answers, where both know. @throws AssertionError */
export function sameCallables(measured: FeatureReport, asked: FeatureReport): void {
  for (const kind of ["helpers", "kernelFunctions"] as const) {
    for (const group of asked[kind]) {
      const other = measured[kind].find(({ programs }) => programs === group.programs);
      assert.ok(other !== undefined);
      const open = new Set([...other.unknown, ...group.unknown]);
      const list = ({ available }: Callables) => available.filter((name) => !open.has(name));
      const [more, less] = [
        list(group).filter((name) => !list(other).includes(name)),
        list(other).filter((name) => !list(group).includes(name)),
      ];
      assert.deepEqual({ more, less }, { more: [], less: [] }, `${kind} of ${group.programs}`);
    }
  }
}
