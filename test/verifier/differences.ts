/** Where our verdict is not the kernel's: docs/verifier-differences.md says why. suite.test.ts holds this list against the records. */

import type { KernelName } from "./recorded.ts";

/**
 * Programs of the suite that are refused here, and kernels that take them. On others the verdict is the same. There is no list of programs
 * that are taken here and refused by a kernel: none is known.
 */
export const STRICTER: Readonly<Record<string, readonly KernelName[]>> = {
  "core/context of tracepoints: negative": ["6.1", "6.12", "6.18"],
  "core/atomics by kind of memory: acquired from the context into its pointer": ["6.18"],
  "core/bytes loaded with their sign, not: what is known of the number it is a part of": ["6.12", "6.18"],
  "core/half of a pointer, not: is zero": ["6.1", "6.18"],
  "core/half of a pointer, not: is not zero": ["6.1", "6.18"],
  "btf/a process that waits for any other, not: not checked": ["6.18"],
  "btf/information of signals that is a small number at times, not: followed": ["6.18"],
  "core/pruning, not: ids that differ": ["6.1"],
};

/** Why a kernel gave no verdict on a program. What it was built with, or how it was booted: no difference of verifiers. */
export const NO_VERDICT: readonly RegExp[] = [
  /^the kernel has no \S+$/,
  /^this kernel loads no such programs$/,
  /^this kernel does not tell addresses$/,
  /^map \w+: E\w+$/,
];
