/** Adapting a Spec to the kernel that runs here. */

import { openBtf } from "../../../btf/btf.ts";
import { relocate } from "../../../object/core/relocate.ts";
import type { Spec } from "../../../object/spec.ts";
import { FeatureError } from "../../errors.ts";
import type { Facts } from "../facts.ts";

/** The kernel's own types. Since Linux 5.4, when built with CONFIG_DEBUG_INFO_BTF. */
const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";

/**
 * CO-RE for the programs that are wanted: what they know of kernel types becomes what this kernel has.
 * @throws FeatureError when the kernel has no types, or when a program needs something else of the kernel that is not
 *   offered yet; CoreError for a relocation that no loader could do.
 */
export function fitToKernel(facts: Facts, spec: Spec, wanted: ReadonlySet<string>): Spec {
  for (const { name, externs } of spec.programs) {
    const [extern] = externs ?? [];
    if (extern === undefined || !wanted.has(name)) continue;
    throw new FeatureError(
      extern.name,
      null,
      `program ${name}, slot ${extern.slot}: ${extern.name} of the kernel is not offered yet`,
    );
  }
  if (!spec.programs.some(({ name, core }) => wanted.has(name) && core !== undefined && core.length > 0)) return spec;
  const bytes = facts.bytes(KERNEL_TYPES);
  if (bytes === null) {
    throw new FeatureError(
      "BTF",
      "5.4",
      `${spec.name} depends on kernel types, and this kernel does not tell them: there is no ${KERNEL_TYPES}`,
    );
  }
  return relocate(spec, openBtf(bytes), { programs: ({ name }) => wanted.has(name) });
}
