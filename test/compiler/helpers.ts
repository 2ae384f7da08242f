/** A program for each helper of the language, made from what the tables say of it: at a hook that has it, with arguments of every kind. */

import { type HelperParameter, helperNamed } from "../../src/compiler/typescript/library/helpers.ts";
import { HOOKS, type Hook } from "../../src/compiler/typescript/library/hooks.ts";
import { hookHas } from "../../src/compiler/typescript/library/offers.ts";
import type { HelperName } from "../../src/uapi/helpers.ts";

import { targetOf } from "./hooks.ts";

/** Maps that helpers work on, by what is declared of them; the language has not all kinds. */
const TABLE = "table";

/** Helpers whose maps, objects or places only a program that is written for them has. */
const BY_HAND: ReadonlySet<HelperName> = new Set<HelperName>([
  // kinds of maps with commands of their own
  ...(["bpf_map_push_elem", "bpf_map_pop_elem", "bpf_map_peek_elem", "bpf_map_lookup_percpu_elem", "bpf_tail_call"] as const),
  ...(["bpf_get_local_storage", "bpf_sk_storage_get", "bpf_sk_storage_delete", "bpf_inode_storage_get"] as const),
  ...(["bpf_inode_storage_delete", "bpf_task_storage_get", "bpf_task_storage_delete", "bpf_cgrp_storage_get"] as const),
  ...(["bpf_cgrp_storage_delete", "bpf_ringbuf_output", "bpf_ringbuf_query", "bpf_current_task_under_cgroup"] as const),
  ...(["bpf_perf_event_read", "bpf_perf_event_read_value", "bpf_perf_event_output", "bpf_get_stackid"] as const),
  ...(["bpf_redirect_map", "bpf_skb_under_cgroup", "bpf_skb_output", "bpf_xdp_output", "bpf_sk_select_reuseport"] as const),
  ...(["bpf_sk_redirect_map", "bpf_sk_redirect_hash", "bpf_msg_redirect_map", "bpf_msg_redirect_hash"] as const),
  ...(["bpf_sock_map_update", "bpf_sock_hash_update"] as const),
  // sockets that were looked up, formats, and what only few hooks give
  ...(["bpf_sk_lookup_tcp", "bpf_sk_lookup_udp", "bpf_skc_lookup_tcp", "bpf_sk_release", "bpf_sk_assign"] as const),
  ...(["bpf_trace_printk", "bpf_trace_vprintk", "bpf_override_return", "bpf_set_retval", "bpf_sys_bpf"] as const),
  ...([
    "bpf_btf_find_by_name_kind",
    "bpf_kallsyms_lookup_name",
    "bpf_seq_printf",
    "bpf_seq_write",
    "bpf_seq_printf_btf",
  ] as const),
  ...(["bpf_rc_repeat", "bpf_rc_keydown", "bpf_rc_pointer_rel"] as const),
]);

/** Null: the helper needs more than its prototype tells. */
export function helperProgram(name: HelperName): string | null {
  const { parameters, result } = helperNamed(name);
  if (BY_HAND.has(name) || parameters.some(({ kind }) => kind.kind === "object" && !kind.context && !kind.socket)) return null;
  const socket = parameters.some(({ kind }) => kind.kind === "object" && kind.socket && !kind.context);
  const hook = [...HOOKS.values()].find((each) => fits(each, name, socket));
  if (hook === undefined) return null;
  const { verdicts } = hook;
  const target = targetOf(hook);
  const positional = hook.parameters.kind === "positional";
  const given = parameters.filter(({ optional }) => !optional).map((parameter, index) => argument(parameter, positional, index));
  const call = `${name}(${given.join(", ")})`;
  const use =
    result.kind === "void" || parameters.length > 0
      ? `${call};`
      : result.kind === "number"
        ? `out.set(0, u64(${call}));`
        : `const made = ${call};`;
  const verdict = verdicts.silent ? "" : `return ${verdicts.ranges?.at(-1)?.[1] ?? 0};`;
  const where = target === null ? "" : `"${target}", `;
  const sk = socket ? ["const sk = ctx.sk;", `if (sk === null) return ${verdicts.ranges?.at(-1)?.[1] ?? 0};`] : [];
  const imports = [...new Set(["array", "context", "hash", hook.name, name, "u64", "zeroed"])].sort();
  return `import { ${imports.join(", ")}, type FixedArray, type u8, type u32 } from "skep/bpf";
interface Bytes { a: FixedArray<u64, 8> }
export const out = array<u64>({ maxEntries: 1 });
export const ${TABLE} = hash<u32, Bytes>({ maxEntries: 8 });
export const program = ${hook.name}(${where}(${positional ? "" : "ctx"}) => {
  ${sk.join("\n  ")}
  const first = zeroed<Bytes>();
  const second = zeroed<Bytes>();
  ${use}
  ${verdict}
});
`;
}

/** The context's types tell it apart from hooks that need the kernel's; sleepable ones only where nothing else has the helper. */
function fits(hook: Hook, name: HelperName, socket: boolean): boolean {
  const { parameters } = hook;
  if (parameters.kind === "kernel" || parameters.kind === "struct" || hook.name === "freplace") return false;
  if (
    socket &&
    (parameters.kind !== "context" || !["TcContext", "CgroupSkbContext", "SkSkbContext"].includes(parameters.context))
  )
    return false;
  return hookHas(hook, targetOf(hook), name);
}

function argument({ kind }: HelperParameter, positional: boolean, index: number): string {
  switch (kind.kind) {
    case "number":
      return "0";
    case "address":
      return "4096";
    case "object":
      return kind.context ? (positional ? "context()" : "ctx") : "sk";
    case "map":
      return TABLE;
    case "key":
      return "1";
    case "value":
      return "first";
    case "memory":
      return index % 2 === 0 ? "first" : "second";
    case "text":
      return '"text"';
  }
}
