/** Methods of maps that are one call of a helper: which, and what it takes. Source: the comments of linux/bpf.h. */

import type { HelperName } from "../../../uapi/helpers.ts";
import type { ContextName } from "./contexts.ts";

/** An argument of the helper. `index`: the key as a number; `key`, `value`: their addresses; `flags`: the last, 0 when it is left out. */
export type MapArgument = "context" | "map" | "index" | "key" | "value" | "flags";

export interface MapHelper {
  /** By the context of the program, where that decides. */
  readonly helper: HelperName | Readonly<Partial<Record<ContextName, HelperName>>>;
  /** In the helper's order. The method takes the same, in this order, without the map. */
  readonly takes: readonly MapArgument[];
  /** `success`: true for 0. `one`: true for 1. `action`: what an XDP program returns. `number`: as it is. */
  readonly gives: "success" | "one" | "action" | "number" | "nothing";
}

const SK_BUFFS = [
  "TcContext",
  "SocketFilterContext",
  "CgroupSkbContext",
  "LwtContext",
  "LwtXmitContext",
  "SkSkbContext",
] as const;

/** One helper for every context that is a packet of the network stack. */
function ofPacket(helper: HelperName): Readonly<Partial<Record<ContextName, HelperName>>> {
  return Object.fromEntries(SK_BUFFS.map((name) => [name, helper]));
}

/** By kind of map (its name in the language), then by method. */
export const MAP_HELPERS: Readonly<Record<string, Readonly<Record<string, MapHelper>>>> = {
  queue: { push: { helper: "bpf_map_push_elem", takes: ["map", "value", "flags"], gives: "success" } },
  stack: { push: { helper: "bpf_map_push_elem", takes: ["map", "value", "flags"], gives: "success" } },
  bloom_filter: {
    add: { helper: "bpf_map_push_elem", takes: ["map", "value", "flags"], gives: "success" },
    has: { helper: "bpf_map_peek_elem", takes: ["map", "value"], gives: "success" },
  },
  prog_array: { tailCall: { helper: "bpf_tail_call", takes: ["context", "map", "index"], gives: "nothing" } },
  stack_trace: { id: { helper: "bpf_get_stackid", takes: ["context", "map", "flags"], gives: "number" } },
  devmap: { redirect: { helper: "bpf_redirect_map", takes: ["map", "index", "flags"], gives: "action" } },
  devmap_hash: { redirect: { helper: "bpf_redirect_map", takes: ["map", "index", "flags"], gives: "action" } },
  cpumap: { redirect: { helper: "bpf_redirect_map", takes: ["map", "index", "flags"], gives: "action" } },
  xskmap: { redirect: { helper: "bpf_redirect_map", takes: ["map", "index", "flags"], gives: "action" } },
  sockmap: {
    redirect: {
      helper: { SkMsgContext: "bpf_msg_redirect_map", SkSkbContext: "bpf_sk_redirect_map" },
      takes: ["context", "map", "index", "flags"],
      gives: "number",
    },
    update: {
      helper: { SockOpsContext: "bpf_sock_map_update" },
      takes: ["context", "map", "key", "flags"],
      gives: "success",
    },
  },
  sockhash: {
    redirect: {
      helper: { SkMsgContext: "bpf_msg_redirect_hash", SkSkbContext: "bpf_sk_redirect_hash" },
      takes: ["context", "map", "key", "flags"],
      gives: "number",
    },
    update: {
      helper: { SockOpsContext: "bpf_sock_hash_update" },
      takes: ["context", "map", "key", "flags"],
      gives: "success",
    },
  },
  cgroup_array: {
    hasCurrentTask: { helper: "bpf_current_task_under_cgroup", takes: ["map", "index"], gives: "one" },
    hasPacket: { helper: ofPacket("bpf_skb_under_cgroup"), takes: ["context", "map", "index"], gives: "one" },
  },
  reuseport_sockarray: {
    select: {
      helper: { SkReuseportContext: "bpf_sk_select_reuseport" },
      takes: ["context", "map", "key", "flags"],
      gives: "success",
    },
  },
};

/** What holds a storage's values: the kernel's structs, and the helpers that find a value and remove it. */
export const STORAGES: Readonly<
  Record<string, { readonly structs: readonly string[]; readonly get: HelperName; readonly delete: HelperName }>
> = {
  task_storage: { structs: ["task_struct"], get: "bpf_task_storage_get", delete: "bpf_task_storage_delete" },
  sk_storage: {
    structs: ["sock", "sock_common", "tcp_sock", "udp_sock", "inet_sock", "bpf_sock"],
    get: "bpf_sk_storage_get",
    delete: "bpf_sk_storage_delete",
  },
  inode_storage: { structs: ["inode"], get: "bpf_inode_storage_get", delete: "bpf_inode_storage_delete" },
  cgrp_storage: { structs: ["cgroup"], get: "bpf_cgrp_storage_get", delete: "bpf_cgrp_storage_delete" },
};

/** Methods that are more than a call, and the helper that each needs. */
const OTHERS: Readonly<Record<string, HelperName>> = {
  "ringbuf.reserve": "bpf_ringbuf_reserve",
  "ringbuf.submit": "bpf_ringbuf_submit",
  "ringbuf.discard": "bpf_ringbuf_discard",
  "ringbuf.output": "bpf_ringbuf_output",
  "ringbuf.query": "bpf_ringbuf_query",
  "perf_event_array.output": "bpf_perf_event_output",
  "queue.pop": "bpf_map_pop_elem",
  "queue.peek": "bpf_map_peek_elem",
  "stack.pop": "bpf_map_pop_elem",
  "stack.peek": "bpf_map_peek_elem",
};

/** The helper that a method is, in a program with a context; null when the context has none. */
export function helperOfMethod(type: string, method: string, context: ContextName | null): HelperName | null {
  const storage = STORAGES[type];
  if (storage !== undefined) return method === "delete" ? storage.delete : storage.get;
  const entry = MAP_HELPERS[type]?.[method];
  if (entry === undefined) return OTHERS[`${type}.${method}`] ?? null;
  if (typeof entry.helper === "string") return entry.helper;
  return context === null ? null : (entry.helper[context] ?? null);
}
