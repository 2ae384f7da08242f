/** Descriptors of the types of the kernel's modules: a program that refers to one of theirs passes it along. */

import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";
import { Request } from "./request.ts";

/** `struct bpf_btf_info`: u64 btf, u32 btf_size, u32 id, u64 name, u32 name_len, u32 kernel_btf. */
const INFO_SIZE = 32;
const NAME_SIZE = 64;

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
    const name = new Uint8Array(NAME_SIZE);
    const info = new Uint8Array(INFO_SIZE);
    const view = new DataView(info.buffer);
    view.setBigUint64(16, transport.addressOf(name), true);
    view.setUint32(24, name.length, true);
    const ask = new Request(transport, "obj_get_info_by_fd").u32("bpf_fd", fd).u32("info_len", info.length).pointer("info", info);
    const found = ask.send() >= 0 && view.getUint32(28, true) === 1 && textOf(name) === module;
    if (found) return descriptor;
    descriptor.close();
  }
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
