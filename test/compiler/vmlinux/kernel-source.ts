/** Programs that use the kernel's types, for tests: compiled with the types that come with the package. */

import assert from "node:assert/strict";
import { openBtf } from "../../../src/btf/index.ts";
import { CompileError, compileSource, type Diagnostic, renderDiagnostic } from "../../../src/compiler/compile.ts";
import { kernelTypes } from "../../../src/kernels/types.ts";
import { checkRelocations } from "../../../src/object/core/relocate.ts";
import type { Spec } from "../../../src/object/spec.ts";
import type { KernelName } from "../../../src/verifier/targets/index.ts";

export function compileFor(source: string, kernel: KernelName = "6.18"): Spec {
  try {
    return compileSource(source, { file: "test.bpf.ts", kernel: () => kernelTypes(kernel) });
  } catch (error) {
    if (error instanceof CompileError) {
      assert.fail(error.diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n"));
    }
    throw error;
  }
}

export function refusalsOf(source: string): readonly Diagnostic[] {
  try {
    compileSource(source, { file: "test.bpf.ts", kernel: () => kernelTypes("6.18") });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** What each relocation of the first program means, and what it becomes on a kernel, in order of the instructions. */
export function relocated(spec: Spec, kernel: KernelName): readonly string[] {
  return checkRelocations(spec, kernelTypes(kernel)).map(
    ({ kind, subject, result, after }) => `${kind} ${subject} ${result === "found" ? after : result}`,
  );
}

/** The members of a struct in the types of a Spec, with their offsets in bits. */
export function membersIn(spec: Spec, name: string): readonly string[] {
  const btf = openBtf(spec.types ?? new Uint8Array());
  const type = btf.type(btf.find(name, "struct") ?? 0);
  return type.kind === "struct" ? type.members.map((member) => `${member.name}@${member.bitOffset}`) : [];
}
