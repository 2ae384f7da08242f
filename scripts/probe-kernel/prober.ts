/** Loads programs of a few instructions and tells what the kernel said. */

import { readFileSync } from "node:fs";
import { type Btf, openBtf } from "../../src/btf/index.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { ERRNO } from "../../src/engine/linux/sys/system-error.ts";
import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import { ATTACH_TYPE, type AttachType } from "../../src/uapi/attach-types.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../src/uapi/program-types.ts";

/** A type of program as the tables name it (src/uapi/offers/variants.ts). */
export interface Variant {
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType?: AttachType;
  readonly flags?: number;
  /** What such programs must return at least. */
  readonly returns?: number;
  /** What it attaches to: a type of the kernel by name. */
  readonly target?: { readonly kind: "typedef" | "function"; readonly name: string };
}

const SLEEPABLE = 1 << 4;
const XDP_HAS_FRAGS = 1 << 5;

function plain(...types: ProgramType[]): Variant[] {
  return types.map((type) => ({ name: type, type }));
}

function attached(type: ProgramType, variants: Readonly<Record<string, AttachType>>, returns = 0): Variant[] {
  return Object.entries(variants).map(([name, attachType]) => ({ name, type, attachType, returns }));
}

export const VARIANTS: readonly Variant[] = [
  ...plain("socket_filter", "kprobe", "sched_cls", "sched_act", "tracepoint", "xdp", "perf_event"),
  ...attached("cgroup_skb", { "cgroup_skb/ingress": "cgroup_inet_ingress", "cgroup_skb/egress": "cgroup_inet_egress" }),
  ...attached("cgroup_sock", {
    "cgroup_sock/create": "cgroup_inet_sock_create",
    "cgroup_sock/release": "cgroup_inet_sock_release",
    "cgroup_sock/post_bind4": "cgroup_inet4_post_bind",
    "cgroup_sock/post_bind6": "cgroup_inet6_post_bind",
  }),
  ...plain("lwt_in", "lwt_out", "lwt_xmit", "sock_ops", "sk_skb", "cgroup_device", "sk_msg", "raw_tracepoint"),
  ...attached("cgroup_sock_addr", {
    "sock_addr/bind4": "cgroup_inet4_bind",
    "sock_addr/bind6": "cgroup_inet6_bind",
    "sock_addr/connect4": "cgroup_inet4_connect",
    "sock_addr/connect6": "cgroup_inet6_connect",
    "sock_addr/sendmsg4": "cgroup_udp4_sendmsg",
    "sock_addr/sendmsg6": "cgroup_udp6_sendmsg",
  }),
  ...attached(
    "cgroup_sock_addr",
    {
      "sock_addr/recvmsg4": "cgroup_udp4_recvmsg",
      "sock_addr/recvmsg6": "cgroup_udp6_recvmsg",
      "sock_addr/getpeername4": "cgroup_inet4_getpeername",
    },
    1,
  ),
  ...attached("cgroup_sock_addr", { "sock_addr/connect_unix": "cgroup_unix_connect" }),
  ...plain("lwt_seg6local"),
  ...attached("sk_reuseport", { sk_reuseport: "sk_reuseport_select" }),
  ...plain("flow_dissector", "cgroup_sysctl"),
  { name: "raw_tp_writable", type: "raw_tracepoint_writable" },
  ...attached("cgroup_sockopt", { cgroup_getsockopt: "cgroup_getsockopt", cgroup_setsockopt: "cgroup_setsockopt" }),
  {
    name: "tp_btf/sched_switch",
    type: "tracing",
    attachType: "trace_raw_tp",
    target: { kind: "typedef", name: "btf_trace_sched_switch" },
  },
  { name: "iter/task", type: "tracing", attachType: "trace_iter", target: { kind: "function", name: "bpf_iter_task" } },
  ...attached("sk_lookup", { sk_lookup: "sk_lookup" }),
  { name: "syscall", type: "syscall", flags: SLEEPABLE },
  ...attached("netfilter", { netfilter: "netfilter" }),
  { name: "xdp/frags", type: "xdp", flags: XDP_HAS_FRAGS },
  ...attached("xdp", { "xdp/devmap": "xdp_devmap" }),
  { name: "uprobe.s", type: "kprobe", flags: SLEEPABLE },
];

/** `opcode dst, src, offset, imm`. */
export type Word = readonly [opcode: number, dst: number, src: number, offset: number, imm: number];

export interface Said {
  readonly accepted: boolean;
  /** Lines of the log; empty when none was asked for. */
  readonly log: readonly string[];
}

const LOG_SIZE = 1 << 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Prober {
  readonly types: Btf;
  readonly transport: Transport;
  readonly #log = new Uint8Array(LOG_SIZE);

  constructor(transport: Transport, types: Btf) {
    this.transport = transport;
    this.types = types;
  }

  /** @param level 0: no log, which is quicker; 1: why it is refused; 2: every instruction with what it changes. */
  load(variant: Variant, words: readonly Word[], level: 0 | 1 | 2, license = "GPL"): Said {
    const code = new Uint8Array(words.length * 8);
    const view = new DataView(code.buffer);
    for (const [index, [opcode, dst, src, offset, imm]] of words.entries()) {
      view.setUint8(index * 8, opcode);
      view.setUint8(index * 8 + 1, (src << 4) | dst);
      view.setInt16(index * 8 + 2, offset, true);
      view.setInt32(index * 8 + 4, imm, true);
    }
    const request = new Request(this.transport, "prog_load")
      .u32("prog_type", PROGRAM_TYPE[variant.type])
      .u32("insn_cnt", words.length)
      .pointer("insns", code)
      .pointer("license", encoder.encode(`${license}\0`))
      .u32("prog_flags", variant.flags ?? 0)
      .u32("expected_attach_type", variant.attachType === undefined ? 0 : ATTACH_TYPE[variant.attachType]);
    if (variant.target !== undefined)
      request.u32("attach_btf_id", this.types.find(variant.target.name, variant.target.kind) ?? 0);
    if (level > 0) request.u32("log_level", level).u32("log_size", LOG_SIZE).pointer("log_buf", this.#log);
    this.#log[0] = 0;
    const fd = request.send();
    if (fd >= 0) this.transport.close(fd);
    const text = level === 0 ? "" : decoder.decode(this.#log.subarray(0, this.#log.indexOf(0)));
    return { accepted: fd >= 0, log: text.split("\n").filter((line) => line !== "") };
  }

  /** Whether this kernel loads such programs at all: one that does nothing. */
  has(variant: Variant): boolean {
    return this.load(variant, [...returning(variant)], 0).accepted;
  }

  /** A map's descriptor, which stays open until the process ends, or the error number, negated. */
  map(fields: {
    readonly type: number;
    readonly key: number;
    readonly value: number;
    readonly entries: number;
    readonly flags?: number;
  }): number {
    const request = new Request(this.transport, "map_create")
      .u32("map_type", fields.type)
      .u32("key_size", fields.key)
      .u32("value_size", fields.value)
      .u32("max_entries", fields.entries)
      .u32("map_flags", fields.flags ?? 0);
    return request.send();
  }
}

/** `r0 = …; exit` */
export function returning(variant: Variant): Word[] {
  return [
    [0xb7, 0, 0, 0, variant.returns ?? 0],
    [0x95, 0, 0, 0, 0],
  ];
}

export async function openProber(): Promise<Prober> {
  const prober = new Prober(await openNative(), openBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux"))));
  const fd = prober.map({ type: 2, key: 4, value: 4, entries: 1 });
  if (fd === -ERRNO.EPERM) throw new Error("loading programs needs root");
  prober.transport.close(fd);
  return prober;
}
