/**
 * What helpers ask of programs (a licence, that they sleep), and what they say of wrong arguments: each argument in turn is a number, null, memory that is read-only, never written, or a
 * packet's, and the others are right. src/verifier/targets/prototypes.test.ts holds the prototypes against the answers.
 */

import { release } from "node:os";
import { HELPER, type HelperName } from "../../src/uapi/helpers.ts";
import type { HelperPrototype } from "../../src/verifier/target.ts";
import { KERNELS, kernelTarget } from "../../src/verifier/targets/index.ts";
import { PACKETS } from "./packets.ts";
import { type Prober, returning, VARIANTS, type Variant, type Word } from "./prober.ts";

/** What an argument is instead of what it should be. */
export const WRONG = ["number", "zero", "readonly", "unwritten", "packet"] as const;
export type Wrong = (typeof WRONG)[number];

/** Lines that only say where the verifier is. */
const NOISE = /^(processed |verification time|stack depth|\d+: |from \d+|func#|R\d+=|;|mark_precise|BPF_|arg#)/;

const MAP_FD = 1;
const MAP_VALUE = 2;

/** Maps that helpers take; others take an array. */
const MAPS: Readonly<Record<string, { readonly for: readonly HelperName[]; readonly map: Parameters<Prober["map"]>[0] }>> = {
  perf: {
    for: ["bpf_perf_event_read", "bpf_perf_event_output", "bpf_perf_event_read_value", "bpf_skb_output", "bpf_xdp_output"],
    map: { type: 4, key: 4, value: 4, entries: 2 },
  },
  programs: { for: ["bpf_tail_call"], map: { type: 3, key: 4, value: 4, entries: 2 } },
  stacks: { for: ["bpf_get_stackid"], map: { type: 7, key: 4, value: 64, entries: 2 } },
  cgroups: { for: ["bpf_skb_under_cgroup", "bpf_current_task_under_cgroup"], map: { type: 8, key: 4, value: 4, entries: 2 } },
  devices: { for: ["bpf_redirect_map"], map: { type: 14, key: 4, value: 4, entries: 2 } },
  sockets: {
    for: ["bpf_sk_redirect_map", "bpf_msg_redirect_map", "bpf_sock_map_update"],
    map: { type: 15, key: 4, value: 4, entries: 2 },
  },
  "socket hash": {
    for: ["bpf_sk_redirect_hash", "bpf_msg_redirect_hash", "bpf_sock_hash_update"],
    map: { type: 18, key: 4, value: 4, entries: 2 },
  },
  "cgroup storage": { for: ["bpf_get_local_storage"], map: { type: 19, key: 8, value: 8, entries: 0 } },
  reuseport: { for: ["bpf_sk_select_reuseport"], map: { type: 20, key: 4, value: 8, entries: 2 } },
  queue: { for: ["bpf_map_push_elem", "bpf_map_pop_elem", "bpf_map_peek_elem"], map: { type: 22, key: 0, value: 8, entries: 2 } },
  "per cpu": { for: ["bpf_map_lookup_percpu_elem"], map: { type: 6, key: 4, value: 8, entries: 2 } },
  ring: {
    for: ["bpf_ringbuf_output", "bpf_ringbuf_reserve", "bpf_ringbuf_query", "bpf_ringbuf_reserve_dynptr"],
    map: { type: 27, key: 0, value: 0, entries: 4096 },
  },
  "user ring": { for: ["bpf_user_ringbuf_drain"], map: { type: 31, key: 0, value: 0, entries: 4096 } },
};

const READONLY_FOR_PROGRAMS = 1 << 7;

/** Types in whose hands each helper is tried: the first that has it, and those where its prototype is another. */
const TRIED: readonly string[] = [
  "sched_cls",
  "xdp",
  "tp_btf/sched_switch",
  "kprobe",
  "cgroup_skb/egress",
  "sock_addr/connect4",
  "sk_msg",
  "sk_skb",
  "sock_ops",
  "lwt_xmit",
  "lwt_in",
  "lwt_seg6local",
  "cgroup_getsockopt",
  "cgroup_sysctl",
  "cgroup_sock/create",
  "perf_event",
  "raw_tracepoint",
  "sk_lookup",
  "sk_reuseport",
  "iter/task",
  "syscall",
  "uprobe.s",
];

/** Offsets in the stack frame: 64 bytes that are written, and below them 64 that are not. */
const WRITTEN = -64;
const UNWRITTEN = -128;

export function* prototypes(prober: Prober): Generator<object> {
  // Right arguments are those of the nearest kernel that is known.
  const version = KERNELS.find((name) => release().startsWith(`${name}.`)) ?? "6.18";
  const target = kernelTarget(version, null);
  const fds = new Map(
    Object.values(MAPS).flatMap(({ for: names, map }) => {
      const fd = prober.map(map);
      return names.map((name) => [name as string, fd] as const);
    }),
  );
  const array = prober.map({ type: 2, key: 4, value: 64, entries: 1 });
  const readonly = prober.map({ type: 2, key: 4, value: 64, entries: 1, flags: READONLY_FOR_PROGRAMS });
  for (const [name, id] of Object.entries(HELPER)) {
    const seen = new Set<HelperPrototype>();
    // A helper that sleeps is tried in a program that may not, and in one that may.
    const seenAsleep = new Set<HelperPrototype>();
    for (const variant of TRIED.map((tried) => VARIANTS.find((variant) => variant.name === tried))) {
      if (variant === undefined || !prober.has(variant)) continue;
      const asker = { sleepable: variant.flags === 1 << 4, gpl: true };
      const prototype = target.helper(id, variant.type, variant.attachType ?? null, asker);
      if (typeof prototype === "string") continue;
      const tried = prototype.mightSleep && asker.sleepable ? seenAsleep : seen;
      if (tried.has(prototype)) continue;
      tried.add(prototype);
      const attempt = (argument: number, wrong: Wrong | null) =>
        said(prober, variant, program(variant, prototype, fds.get(name) ?? array, readonly, argument, wrong));
      const right = attempt(-1, null);
      const answers = prototype.arguments.map((_, index) => {
        const answer: Partial<Record<Wrong, string>> = {};
        for (const wrong of WRONG) {
          if (wrong === "packet" && PACKETS[variant.name] === undefined) continue;
          const text = attempt(index, wrong);
          if (text !== right) answer[wrong] = text;
        }
        return answer;
      });
      const call: Word[] = [[0x85, 0, 0, 0, id], ...returning(variant)];
      const gpl = prober.load(variant, call, 1, "MIT").log.some((line) => line.includes("GPL-restricted"));
      const sleeps = !asker.sleepable && prober.load(variant, call, 1).log.some((line) => line.includes("might sleep"));
      yield { helper: name, type: variant.name, gpl, sleeps, right, answers };
    }
  }
}

/** What the kernel said in the end; empty when it accepted. */
function said(prober: Prober, variant: Variant, code: readonly Word[]): string {
  const { accepted, log } = prober.load(variant, code, 1);
  return accepted ? "" : (log.filter((line) => !NOISE.test(line)).at(-1) ?? "refused without a word");
}

function program(
  variant: Variant,
  prototype: HelperPrototype,
  map: number,
  readonly: number,
  argument: number,
  wrong: Wrong | null,
): Word[] {
  const code: Word[] = [[0xbf, 6, 1, 0, 0]];
  for (let offset = WRITTEN; offset < 0; offset += 8) code.push([0x7a, 10, 0, offset, 0]);
  const exit = returning(variant);
  const packet = PACKETS[variant.name];
  if (wrong === "packet" && packet !== undefined) {
    const [load, data, end] = packet;
    // r8 = data; r9 = data_end; if r8 + 64 > r9, leave
    code.push([load, 8, 6, data, 0], [load, 9, 6, end, 0], [0xbf, 2, 8, 0, 0], [0x07, 2, 0, 0, 64]);
    code.push([0xbd, 2, 9, exit.length, 0], ...exit);
  }
  for (const [index, { class: kind }] of prototype.arguments.entries()) {
    const register = index + 1;
    if (index === argument && wrong !== null) code.push(...wrongly(wrong, register, readonly));
    else if (kind === "const-map-ptr") code.push([0x18, register, MAP_FD, 0, map], [0, 0, 0, 0, 0]);
    else if (kind === "ctx") code.push([0xbf, register, 6, 0, 0]);
    else if (kind === "mem" || kind === "map-key" || kind === "map-value")
      code.push([0xbf, register, 10, 0, 0], [0x07, register, 0, 0, WRITTEN]);
    else if (kind === "const-size" || kind === "const-size-or-zero" || kind === "const-alloc-size-or-zero")
      code.push([0xb7, register, 0, 0, 8]);
    else if (kind === "btf-id" && variant.type === "tracing") code.push([0x79, register, 6, 8, 0]);
    else code.push([0xb7, register, 0, 0, 0]);
  }
  code.push([0x85, 0, 0, 0, prototype.id], ...exit);
  return code;
}

function wrongly(wrong: Wrong, register: number, readonly: number): Word[] {
  switch (wrong) {
    case "number":
      return [[0xb7, register, 0, 0, 7]];
    case "zero":
      return [[0xb7, register, 0, 0, 0]];
    case "readonly":
      return [
        [0x18, register, MAP_VALUE, 0, readonly],
        [0, 0, 0, 0, 0],
      ];
    case "unwritten":
      return [
        [0xbf, register, 10, 0, 0],
        [0x07, register, 0, 0, UNWRITTEN],
      ];
    case "packet":
      return [[0xbf, register, 8, 0, 0]];
  }
}
