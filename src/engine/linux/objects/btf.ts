/** Types that the kernel has: of programs and maps, its own, and those of its modules. `struct bpf_btf_info`. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import { PrivilegeError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { SystemError } from "../sys/system-error.ts";
import { inspectError, openObject } from "./by-id.ts";
import { Info, textOf } from "./info.ts";
import { BTF_INFO } from "./info-layouts.ts";

export interface BtfInfo {
  readonly kind: "btf";
  readonly id: number;
  /** `vmlinux`, the name of a module, or empty: a program's. Since 5.11. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The kernel's, or a module's (5.11). */
  readonly kernel: boolean;
}

/** Bytes: `MODULE_NAME_LEN` is 56. */
export const LONGEST_MODULE_NAME = 64;

/** @throws PrivilegeError */
export function readBtf(kernel: Kernel, { fd }: { readonly fd: number }): BtfInfo {
  const name = new Uint8Array(LONGEST_MODULE_NAME);
  const info = new Info(kernel, BTF_INFO).point("name", name).set("name_len", name.length);
  ask(kernel, info, fd);
  return {
    kind: "btf",
    id: info.u32("id"),
    name: textOf(name),
    size: info.u32("btf_size"),
    kernel: info.u32("kernel_btf") === 1,
  };
}

/**
 * The types of a BTF object, those of modules on top of the kernel's. Null when there is none of that number.
 * @throws PrivilegeError, BtfError
 */
export function openTypes(kernel: Kernel, id: number): Btf | null {
  using descriptor = openObject(kernel, "btf", id);
  if (descriptor === null) return null;
  const { kernel: own, name, size } = readBtf(kernel, descriptor);
  if (own && name === "vmlinux" && kernel.types.vmlinux !== null) return kernel.types.vmlinux;
  const bytes = new Uint8Array(size);
  const info = new Info(kernel, BTF_INFO).point("btf", bytes).set("btf_size", bytes.length);
  ask(kernel, info, descriptor.fd);
  const base = own && name !== "vmlinux" ? kernel.types.vmlinux : null;
  return base === null ? openBtf(bytes) : openBtf(bytes, base);
}

/** The same for whom they are an addition: null where this process may not see them (by number that needs CAP_SYS_ADMIN). */
export function typesIfShown(kernel: Kernel, id: number): Btf | null {
  try {
    return openTypes(kernel, id);
  } catch (error) {
    if (error instanceof PrivilegeError) return null;
    throw error;
  }
}

function ask(kernel: Kernel, info: Info<typeof BTF_INFO>, fd: number): void {
  const result = info.ask(fd);
  if (result < 0) throw inspectError(kernel, "btf", "reading types", new SystemError("bpf(obj_get_info_by_fd)", -result));
}
