/** The verifier: what `skep/verifier` exports. Runs in a browser; kernels' types come with `openKernelTarget` of `skep`. */

export { type Check, check } from "./check.ts";
export * from "./explain/index.ts";
export type {
  ContextAccess,
  HelperPrototype,
  KfuncFacts,
  ProgramRules,
  Target,
} from "./target.ts";
export { KERNELS, type KernelName, kernelTarget } from "./targets/index.ts";
export type { Difference, Refusal, Verdict, VerifyOptions } from "./verdict.ts";
export { verify } from "./verify.ts";
