/** Names of register types as the kernel's log has them (`reg_type_str`). */

import {
  BASE_TYPE,
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_SKB_META,
  DYNPTR_TYPE_XDP,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_USER,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
} from "../state/types.ts";

/** By base type, in the order of its numbers. */
const BASE_NAMES = [
  "?",
  "scalar",
  "ctx",
  "map_ptr",
  "map_value",
  "map_key",
  "fp",
  "pkt_meta",
  "pkt",
  "pkt_end",
  "flow_keys",
  "sock",
  "sock_common",
  "tcp_sock",
  "tp_buffer",
  "xdp_sock",
  "ptr_",
  "mem",
  "arena",
  "buf",
  "func",
  "dynptr_ptr",
];

/**
 * `scalar`, `map_value_or_null`, `rcu_ptr_or_null_`: the name of a BTF struct follows. Since 6.2 every flag has its prefix;
 * before, the last of them overwrote the others.
 */
export function typeName(type: number, era: number): string {
  const base = type & BASE_TYPE;
  const name = BASE_NAMES[base] ?? "?";
  const suffix = (type & PTR_MAYBE_NULL) === 0 ? "" : base === PTR_TO_BTF_ID ? "or_null_" : "_or_null";
  return `${era >= 602 ? prefix(type) : prefixBefore62(type)}${name}${suffix}`;
}

function prefix(type: number): string {
  let text = "";
  if (type & MEM_RDONLY) text += "rdonly_";
  if (type & MEM_RINGBUF) text += "ringbuf_";
  if (type & MEM_USER) text += "user_";
  if (type & MEM_PERCPU) text += "percpu_";
  if (type & MEM_RCU) text += "rcu_";
  if (type & PTR_UNTRUSTED) text += "untrusted_";
  if (type & PTR_TRUSTED) text += "trusted_";
  return text;
}

/** What is called ringbuf memory since 6.2 was all memory that had been allocated. */
function prefixBefore62(type: number): string {
  if (type & PTR_UNTRUSTED) return "untrusted_";
  if (type & MEM_PERCPU) return "percpu_";
  if (type & MEM_USER) return "user_";
  if (type & (MEM_RINGBUF | MEM_ALLOC)) return "alloc_";
  return type & MEM_RDONLY ? "rdonly_" : "";
}

/** Of a `DYNPTR_TYPE_*`. */
export function dynptrName(type: number): string {
  switch (type) {
    case DYNPTR_TYPE_LOCAL:
      return "local";
    case DYNPTR_TYPE_RINGBUF:
      return "ringbuf";
    case DYNPTR_TYPE_SKB:
      return "skb";
    case DYNPTR_TYPE_XDP:
      return "xdp";
    case DYNPTR_TYPE_SKB_META:
      return "skb_meta";
    default:
      return "<invalid>";
  }
}
