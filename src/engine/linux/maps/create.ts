/** Making a map. */

import type { MapSpec } from "../../../object/spec.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { MAP_TYPE_SINCE } from "../../../uapi/since.ts";
import { FeatureError, MapError } from "../../errors.ts";
import { BPF_F_TOKEN_FD } from "../attributes.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { sendPatiently } from "../patience.ts";
import { explainRefusal } from "../privileges.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import { isRing, MAP_KINDS } from "./kinds.ts";

/** `BPF_F_NO_PREALLOC` of linux/bpf.h: the trie has no other way. */
const BPF_F_NO_PREALLOC = 1;

/** `BPF_F_VTYPE_BTF_OBJ_FD`: the value's type is a module's. Since 6.9. */
const BPF_F_VTYPE_BTF_OBJ_FD = 1 << 15;

/** `BPF_F_MMAPABLE`, since 5.5. */
const BPF_F_MMAPABLE = 1 << 10;

/** Maps that loaders make of sections. */
const isVariables = ({ section = "" }: MapSpec): boolean => /^\.(data|rodata|bss|kconfig)/.test(section);

/** What a map's creation refers to, besides its shape. */
export interface MapReferences {
  /** A map that those in this map of maps look like. */
  readonly inner?: Descriptor;
  /** The struct of the kernel around an interface: its number, and the types of the module that it is in. */
  readonly wrapper?: { readonly id: number; readonly types: Descriptor | null };
}

/**
 * @param types a loaded BTF object with the map's key and value types, or null.
 * @throws MapError, FeatureError, PrivilegeError
 */
export function createMap(
  kernel: Kernel,
  spec: MapSpec,
  types: Descriptor | null,
  { inner, wrapper }: MapReferences = {},
): Descriptor {
  checkShape(spec);
  // What records look like is between programs and user space: the kernel wants to hear nothing of it.
  const ring = isRing(spec.type) && spec.valueType !== 0;
  const request = new Request(kernel.transport, "map_create")
    .u32("map_type", MAP_TYPE[spec.type])
    .u32("key_size", spec.keySize)
    .u32("value_size", ring ? 0 : spec.valueSize)
    .u32("max_entries", spec.maxEntries)
    .u32("map_flags", spec.flags)
    // As with libbpf, it counts when the flags have BPF_F_NUMA_NODE (4).
    .u32("numa_node", spec.numaNode ?? 0)
    .u32("inner_map_fd", inner?.fd ?? 0)
    .u64("map_extra", spec.extra ?? 0n)
    .text("map_name", spec.name);
  if (wrapper !== undefined) {
    if (types !== null) request.u32("btf_fd", types.fd);
    request.u32("btf_vmlinux_value_type_id", wrapper.id);
    if (wrapper.types !== null)
      request.u32("map_flags", spec.flags | BPF_F_VTYPE_BTF_OBJ_FD).u32("value_type_btf_obj_fd", wrapper.types.fd);
  }
  const typed = types !== null && spec.valueType !== 0 && !ring && wrapper === undefined;
  if (typed) request.u32("btf_fd", types.fd).u32("btf_key_type_id", spec.keyType).u32("btf_value_type_id", spec.valueType);
  const { token } = kernel;
  let flags = request.read("map_flags");
  if (token !== undefined) request.u32("map_flags", (flags |= BPF_F_TOKEN_FD)).u32("map_token_fd", token.fd);
  let result = sendPatiently(kernel, () => request.send());
  if (result === -ERRNO.EINVAL && isVariables(spec) && !atLeast(kernel.facts.release, "5.5")) {
    // Variables are read and written by calls there.
    result = request.u32("map_flags", flags & ~BPF_F_MMAPABLE).send();
  }
  if (result < 0 && typed) {
    // Some kinds take no types, some kernels not these: the types are for people who look at the map, it works without.
    request.u32("btf_fd", 0).u32("btf_key_type_id", 0).u32("btf_value_type_id", 0);
    result = request.send();
  }
  if (result < 0 && !atLeast(kernel.facts.release, "4.15")) result = request.text("map_name", "").send();
  if (result < 0) throw explain(kernel, spec, request.error(result));
  return kernel.ledger.adopt(result, `map ${spec.name}`);
}

/** A map's shape on this machine: what a Spec leaves open, and rings in whole pages that are a power of two, as the kernel has them. */
export function sizedFor(kernel: Kernel, spec: MapSpec, maxEntries = spec.maxEntries): MapSpec {
  switch (spec.type) {
    case "perf_event_array":
      // The number of CPUs is what everybody wants here, and a Spec cannot know it.
      return { ...spec, maxEntries: maxEntries === 0 ? kernel.cpus : maxEntries };
    case "ringbuf":
    case "user_ringbuf": {
      if (maxEntries === 0) return spec;
      return { ...spec, maxEntries: 2 ** Math.ceil(Math.log2(Math.max(maxEntries, kernel.transport.pageSize))) };
    }
    default:
      return maxEntries === spec.maxEntries ? spec : { ...spec, maxEntries };
  }
}

/** What the kernel would refuse with a bare EINVAL, in plain words. */
function checkShape(spec: MapSpec): void {
  const { name, type, keySize, valueSize, maxEntries, flags } = spec;
  const refuse = (why: string): never => {
    throw new MapError(name, "invalid", `map ${name} (${type}): ${why}`);
  };
  const { keys } = MAP_KINDS[type];
  if (keys === "index" && keySize !== 4 && type !== "struct_ops") refuse(`keys are 4 bytes (u32), found ${keySize}`);
  if ((keys === "table" || type === "lpm_trie") && keySize === 0) refuse("keys need at least 1 byte");
  if ((keys === "table" || keys === "index" || type === "lpm_trie") && maxEntries === 0 && type !== "perf_event_array")
    refuse("maxEntries is 0: say how many entries it may hold");
  if (keys === "table" && valueSize === 0) refuse("values need at least 1 byte");
  if (isRing(type) && maxEntries === 0) refuse("maxEntries is 0: say how many bytes of records it has room for");
  if (type === "lpm_trie") {
    if (keySize < 5 || keySize > 260)
      refuse(`keys are a u32 prefix length and 1 to 256 bytes of data, found ${keySize} bytes in all`);
    if ((flags & BPF_F_NO_PREALLOC) === 0) refuse("it needs the flag BPF_F_NO_PREALLOC (1)");
  }
}

function explain(kernel: Kernel, spec: MapSpec, cause: SystemError): Error {
  const { name, type } = spec;
  const since = MAP_TYPE_SINCE[type];
  const what = `map ${name} (${type})`;
  switch (cause.errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return explainRefusal(kernel.facts, `making ${what}`, ["CAP_BPF"], cause);
    case ERRNO.ENOMEM:
    case ERRNO.E2BIG: {
      const size = `${spec.maxEntries} entries of ${spec.keySize} + ${spec.valueSize} bytes`;
      return new MapError(name, "memory", `${what}: the kernel has no room for ${size}; ask for fewer`, { cause });
    }
    case ERRNO.ENOSYS:
      return new FeatureError("bpf(2)", "3.18", "this kernel is built without BPF (CONFIG_BPF_SYSCALL)", { cause });
    default:
      if (isVariables(spec) && !atLeast(kernel.facts.release, "5.2"))
        return new FeatureError("global data", "5.2", `${what}: variables need Linux 5.2, this is ${kernel.facts.release}`, {
          cause,
        });
      if (!atLeast(kernel.facts.release, since))
        return new FeatureError(
          `BPF_MAP_TYPE_${type.toUpperCase()}`,
          since,
          `${what} needs Linux ${since}, this is ${kernel.facts.release}`,
          {
            cause,
          },
        );
      return new MapError(
        name,
        "invalid",
        `${what}: the kernel does not take this shape: keys ${spec.keySize}, values ${spec.valueSize} bytes, ${spec.maxEntries} entries, flags 0x${spec.flags.toString(16)} (${cause.code})`,
        { cause },
      );
  }
}
