/** A map that the kernel has: `struct bpf_map_info`, and what /proc adds. */

import type { Kernel } from "../kernel.ts";
import { inspectError } from "../objects/by-id.ts";
import { Info } from "../objects/info.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";
import { mapTypeName, programTypeName } from "../objects/names.ts";
import { SystemError } from "../sys/system-error.ts";
import { DescriptorFacts } from "./fdinfo.ts";
import { deviceOf } from "./program-info.ts";
import type { MapInfo } from "./types.ts";

/** @throws PrivilegeError */
export function readMap(kernel: Kernel, { fd }: { readonly fd: number }): MapInfo {
  const info = new Info(kernel, MAP_INFO);
  const result = info.ask(fd);
  if (result < 0) throw inspectError(kernel, "map", "reading a map", new SystemError("bpf(obj_get_info_by_fd)", -result));
  const facts = new DescriptorFacts(kernel.facts, fd);
  const ownerType = facts.number("owner_prog_type");
  const btf = info.u32("btf_id");
  const kernelValue = info.u32("btf_vmlinux_value_type_id");
  return {
    kind: "map",
    id: info.u32("id"),
    name: info.text("name"),
    type: mapTypeName(info.u32("type")),
    keySize: info.u32("key_size"),
    valueSize: info.u32("value_size"),
    maxEntries: info.u32("max_entries"),
    flags: info.u32("map_flags"),
    extra: info.u64("map_extra"),
    frozen: facts.number("frozen") === 1,
    memory: facts.number("memlock"),
    owner: ownerType === null ? null : { type: programTypeName(ownerType), jited: facts.number("owner_jited") === 1 },
    types: btf === 0 ? null : { btf, key: info.u32("btf_key_type_id"), value: info.u32("btf_value_type_id") },
    kernelType: kernelValue === 0 ? null : { btf: info.u32("btf_vmlinux_id"), value: kernelValue },
    device: deviceOf(info),
  };
}
