/** What the kernel that runs here has, and what this process may do with it. Everything behind it is loaded when it is asked. */

import type { FeatureOptions, FeatureReport } from "./linux/features/report.ts";

export type { Callables, Cause, Feature, FeatureKind } from "./linux/features/feature.ts";
export type { FeatureOptions, FeatureReport } from "./linux/features/report.ts";
export type { SystemFacts } from "./linux/features/system.ts";

/**
 * Types of programs, maps, links and instructions, helpers and functions by type of program, and what of the system decides: each yes, no or
 * unknown, with the first Linux that has it and the reason. The kernel's own types answer first, which needs no privileges; then, where
 * this process may, the kernel is asked to make one of each: small programs and maps that are closed at once, nothing is attached.
 *
 * @throws FeatureError where there is no Linux.
 */
export async function kernelFeatures(options: FeatureOptions = {}): Promise<FeatureReport> {
  const { reportThisMachine } = await import("./linux/features/machine.ts");
  return reportThisMachine(options);
}
