/**
 * What a Spec leaves to the kernel that loads it: the layout of kernel types (CO-RE), and the kernel's configuration. Here the room says
 * both.
 */

import type { Btf } from "../../btf/btf.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { FeatureError } from "../errors.ts";
import { type ConfigValue, fillConfig } from "../kernel-config.ts";

/**
 * The kernel's configuration, by name: `{ CONFIG_HZ: 1000, CONFIG_BPF_JIT: "y" }`. Libbpf's own names are there without being given, for
 * Linux 6.18: `LINUX_KERNEL_VERSION`, `LINUX_HAS_BPF_COOKIE`, `LINUX_HAS_SYSCALL_WRAPPER`.
 */
export type KernelConfig = Readonly<Record<string, ConfigValue>>;

const VIRTUAL: KernelConfig = {
  LINUX_KERNEL_VERSION: (6 << 16) | (18 << 8),
  LINUX_HAS_BPF_COOKIE: 1,
  LINUX_HAS_SYSCALL_WRAPPER: 1,
};

/**
 * The Spec with everything filled in that the wanted programs need.
 * @throws FeatureError for configuration that the room does not have; CoreError for what no loader would load.
 */
export async function adapt(
  spec: Spec,
  types: Btf | null,
  config: KernelConfig,
  wanted: (program: ProgramSpec) => boolean,
): Promise<Spec> {
  const filled = fillConfig(
    spec,
    (name) => config[name] ?? VIRTUAL[name],
    (name) =>
      new FeatureError(
        name,
        null,
        `${spec.name}: asks for ${name} of the kernel's configuration; say what it is (room: { config: { ${name}: … } })`,
      ),
  );
  if (types === null || !filled.programs.some((program) => wanted(program) && (program.core?.length ?? 0) > 0)) return filled;
  // Most programs have nothing to adapt: the relocator is read when one has.
  const { relocate } = await import("../../object/core/relocate.ts");
  return relocate(filled, types, { programs: wanted });
}
