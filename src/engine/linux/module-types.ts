/** Descriptors of the types of the kernel's modules: a program that refers to one of theirs passes it along. */

import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";
import { LONGEST_MODULE_NAME } from "./objects/btf.ts";
import { Info, textOf } from "./objects/info.ts";
import { BTF_INFO } from "./objects/info-layouts.ts";
import { Request } from "./request.ts";

/** The types of a module, as the kernel loaded them; null when it has none of that name. Since 5.11. */
export function openModuleTypes(kernel: Kernel, module: string): Descriptor | null {
  const { transport, ledger } = kernel;
  const next = new Request(transport, "btf_get_next_id");
  for (let id = 0; ; ) {
    if (next.u32("start_id", id).send() < 0) return null;
    id = next.read("next_id");
    const fd = new Request(transport, "btf_get_fd_by_id").u32("btf_id", id).send();
    // It may be gone by now.
    if (fd < 0) continue;
    const descriptor = ledger.adopt(fd, `types of ${module}`);
    const name = new Uint8Array(LONGEST_MODULE_NAME);
    const info = new Info(kernel, BTF_INFO).point("name", name).set("name_len", name.length);
    const found = info.ask(fd) >= 0 && info.u32("kernel_btf") === 1 && textOf(name) === module;
    if (found) return descriptor;
    descriptor.close();
  }
}
