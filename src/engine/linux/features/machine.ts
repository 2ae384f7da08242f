/** The report of the machine that this runs on. */

import { FeatureError } from "../../errors.ts";
import { DescriptorLedger } from "../descriptors.ts";
import { MACHINE, possibleCpus } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import { KernelTypes } from "../kernel-types.ts";
import { openNative } from "../sys/native.ts";
import { type FeatureOptions, type FeatureReport, reportFeatures } from "./report.ts";

/** @throws FeatureError where there is no Linux. */
export async function reportThisMachine(options: FeatureOptions): Promise<FeatureReport> {
  if (process.platform !== "linux")
    throw new FeatureError("Linux", null, `there are features of Linux to be told on Linux alone, this is ${process.platform}`);
  const types = new KernelTypes(MACHINE);
  return reportFeatures({ facts: MACHINE, types, kernel: options.probe === false ? null : await openKernel(types) }, options);
}

/** Null where native code cannot be loaded: the files say enough to go on. */
async function openKernel(types: KernelTypes): Promise<Kernel | null> {
  try {
    const transport = await openNative();
    return { transport, ledger: new DescriptorLedger(transport), facts: MACHINE, types, cpus: possibleCpus(MACHINE) };
  } catch (error) {
    if (error instanceof FeatureError) return null;
    throw error;
  }
}
