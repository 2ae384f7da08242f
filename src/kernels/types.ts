/** Kernels as targets: what verifying for a kernel needs where that kernel does not run. */

import type { Target } from "../verifier/target.ts";
import { type KernelName, kernelTarget } from "../verifier/targets/index.ts";
import { kernelTypes } from "./btf.ts";

export { kernelTypes } from "./btf.ts";

/** A kernel as a target, with its types. */
export function openKernelTarget(name: KernelName): Target {
  return kernelTarget(name, kernelTypes(name));
}
