/** Adapting a Spec to the kernel that runs here: its configuration, and the layout of its types. */

import { relocate } from "../../../object/core/relocate.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import { FeatureError } from "../../errors.ts";
import { fillConfig } from "../../kernel-config.ts";
import type { Kernel } from "../kernel.ts";
import { kernelConfig } from "../kernel-config.ts";
import { atLeast } from "../release.ts";

/**
 * CO-RE for the programs that are wanted: what they know of kernel types becomes what this kernel has.
 * @throws FeatureError when the kernel has no types, or does not say what of its configuration a program needs; CoreError for a
 *   relocation that no loader could do.
 */
export function fitToKernel(kernel: Kernel, declared: Spec, wanted: ReadonlySet<string>): Spec {
  const spec = fillConfig(
    forOneLink(kernel, declared),
    kernelConfig(kernel.facts),
    (name) =>
      new FeatureError(
        name,
        null,
        `${declared.name}: asks for ${name} of the kernel's configuration, where it is not set, or which this kernel does not tell (/proc/config.gz)`,
      ),
  );
  if (!spec.programs.some(({ name, core }) => wanted.has(name) && core !== undefined && core.length > 0)) return spec;
  const { vmlinux } = kernel.types;
  if (vmlinux === null) {
    throw new FeatureError(
      "BTF",
      "5.4",
      `${spec.name} depends on kernel types, and this kernel does not tell them: there is no /sys/kernel/btf/vmlinux`,
    );
  }
  return relocate(spec, vmlinux, { programs: ({ name }) => wanted.has(name) });
}

/**
 * A USDT probe is at several places, which one link takes where the kernel has it (6.6) and the program was loaded for that. libbpf.c,
 * `libbpf_prepare_prog_load`.
 */
function forOneLink({ facts }: Kernel, spec: Spec): Spec {
  const isUsdt = ({ type, section, attachType }: ProgramSpec): boolean =>
    type === "kprobe" && attachType === null && /^usdt(\.s)?(\/|$)/.test(section);
  if (!atLeast(facts.release, "6.6") || !spec.programs.some(isUsdt)) return spec;
  return {
    ...spec,
    programs: spec.programs.map((program) => (isUsdt(program) ? { ...program, attachType: "trace_uprobe_multi" } : program)),
  };
}
