/** Generated code in an engine: one module a program, one instance a CPU. What `openEmbedded({ execution: "jit" })` loads. */

import type { Cpu } from "../cpu.ts";
import type { Executor, SharedCode } from "../executor.ts";
import type { HelperTable } from "../helpers/helper.ts";
import type { ResolvedProgram } from "../resolve.ts";
import type { Trust } from "../verify.ts";
import { JitCode } from "./jit-code.ts";
import { JitProgram } from "./jit-program.ts";

export function jitExecutors(
  { code, maps }: ResolvedProgram,
  cpus: readonly Cpu[],
  helpers: HelperTable,
  trust: Trust,
  shared?: SharedCode | null,
): readonly Executor[] {
  const { memory } = cpus[0]!.room;
  const compiled = new JitCode(code, { mode: trust, memory, helpers, maps }, shared);
  return cpus.map((cpu) => new JitProgram(compiled, cpu));
}
