/**
 * A link as the kernel tells it, decoded. Names and lists need a second question, with room for as many as the first one said; of a kind that
 * does not say it, with more than there can be.
 */

import type { LinkCommon, LinkInfo, PerfEvent } from "../../link-info.ts";
import type { Kernel } from "../kernel.ts";
import { Info, textOf } from "../objects/info.ts";
import { attachTypeName } from "../objects/names.ts";
import { SystemError } from "../sys/system-error.ts";
import { LINK_INFO, LINK_TYPE, PERF_EVENT_TYPE } from "./info-layout.ts";

type Raw = Info<typeof LINK_INFO>;

/** `PATH_MAX`: no name is longer. */
const LONGEST_NAME = 4096;
/** `BPF_F_KPROBE_MULTI_RETURN`, `BPF_F_UPROBE_MULTI_RETURN`. */
const RETURNS = 1;
const DEFRAGMENTS = 1;
/** `NFPROTO_*` and `enum nf_inet_hooks` of linux/netfilter.h. */
const FAMILIES = new Map([
  [2, "ipv4"],
  [10, "ipv6"],
]);
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"] as const;

/**
 * @param fd a link's descriptor.
 * @throws SystemError when it is no link, or the kernel tells nothing of links (before 5.8).
 */
export function linkInfo(kernel: Kernel, fd: number): LinkInfo {
  const raw: Raw = new Info(kernel, LINK_INFO);
  ask(raw, fd);
  const common: LinkCommon = { id: raw.u32("id"), program: raw.u32("prog_id") };
  switch (raw.u32("type")) {
    case LINK_TYPE.raw_tracepoint: {
      const name = nameOf(raw, fd, "raw_tracepoint.tp_name", "raw_tracepoint.tp_name_len");
      return { type: "raw_tracepoint", ...common, tracepoint: name, cookie: raw.u64("raw_tracepoint.cookie") };
    }
    case LINK_TYPE.tracing:
      return {
        type: "tracing",
        ...common,
        attachType: attachTypeName(raw.u32("tracing.attach_type")),
        target: { object: raw.u32("tracing.target_obj_id"), type: raw.u32("tracing.target_btf_id") },
        cookie: raw.u64("tracing.cookie"),
      };
    case LINK_TYPE.cgroup:
      return {
        type: "cgroup",
        ...common,
        attachType: attachTypeName(raw.u32("cgroup.attach_type")),
        cgroup: raw.u64("cgroup.cgroup_id"),
      };
    case LINK_TYPE.iter: {
      const target = nameOf(raw, fd, "iter.target_name", "iter.target_name_len");
      return { type: "iter", ...common, target, ...iterated(raw, target) };
    }
    case LINK_TYPE.netns:
      return {
        type: "netns",
        ...common,
        attachType: attachTypeName(raw.u32("netns.attach_type")),
        namespace: raw.u32("netns.netns_ino"),
      };
    case LINK_TYPE.xdp:
      return { type: "xdp", ...common, attachType: "xdp", interface: raw.u32("xdp.ifindex") };
    case LINK_TYPE.tcx:
    case LINK_TYPE.netkit:
      return {
        type: raw.u32("type") === LINK_TYPE.tcx ? "tcx" : "netkit",
        ...common,
        attachType: attachTypeName(raw.u32("tcx.attach_type")),
        interface: raw.u32("tcx.ifindex"),
      };
    case LINK_TYPE.perf_event:
      return { type: "perf_event", ...common, event: perfEvent(raw, fd) };
    case LINK_TYPE.kprobe_multi: {
      const lists = listsOf(raw, fd, raw.u32("kprobe_multi.count"), ["kprobe_multi.addrs", "kprobe_multi.cookies"]);
      return {
        type: "kprobe_multi",
        ...common,
        returns: (raw.u32("kprobe_multi.flags") & RETURNS) !== 0,
        addresses: lists[0] ?? [],
        cookies: lists[1] ?? [],
        missed: raw.u64("kprobe_multi.missed"),
      };
    }
    case LINK_TYPE.uprobe_multi: {
      const path = new Uint8Array(LONGEST_NAME);
      raw.point("uprobe_multi.path", path).set("uprobe_multi.path_size", path.length);
      const fields = ["uprobe_multi.offsets", "uprobe_multi.ref_ctr_offsets", "uprobe_multi.cookies"] as const;
      const [offsets = [], semaphores = [], cookies = []] = listsOf(raw, fd, raw.u32("uprobe_multi.count"), fields);
      return {
        type: "uprobe_multi",
        ...common,
        returns: (raw.u32("uprobe_multi.flags") & RETURNS) !== 0,
        file: textOf(path),
        offsets,
        semaphores,
        cookies,
        pid: raw.u32("uprobe_multi.pid"),
      };
    }
    case LINK_TYPE.struct_ops:
      return { type: "struct_ops", ...common, map: raw.u32("struct_ops.map_id") };
    case LINK_TYPE.netfilter:
      return {
        type: "netfilter",
        ...common,
        family: FAMILIES.get(raw.u32("netfilter.pf")) ?? String(raw.u32("netfilter.pf")),
        hook: HOOKS[raw.u32("netfilter.hooknum")] ?? String(raw.u32("netfilter.hooknum")),
        // It is signed.
        priority: raw.u32("netfilter.priority") | 0,
        defragment: (raw.u32("netfilter.flags") & DEFRAGMENTS) !== 0,
      };
    case LINK_TYPE.sockmap:
      return {
        type: "sockmap",
        ...common,
        attachType: attachTypeName(raw.u32("sockmap.attach_type")),
        map: raw.u32("sockmap.map_id"),
      };
    default:
      return { type: "unknown", ...common, number: raw.u32("type") };
  }
}

function ask(raw: Raw, fd: number): void {
  const result = raw.ask(fd);
  if (result < 0) throw new SystemError("bpf(obj_get_info_by_fd)", -result);
}

/** A name whose length the first question said. */
function nameOf<Kind extends "raw_tracepoint.tp_name" | "iter.target_name">(
  raw: Raw,
  fd: number,
  pointer: Kind,
  length: `${Kind}_len`,
): string {
  const name = new Uint8Array(Math.max(raw.u32(length), 1));
  ask(raw.point(pointer, name).set(length, name.length), fd);
  return textOf(name);
}

/** Arrays of u64, which the kernel fills together. */
function listsOf(
  raw: Raw,
  fd: number,
  count: number,
  fields: readonly (keyof typeof LINK_INFO.pointer)[],
): readonly (readonly bigint[])[] {
  const lists = fields.map((field) => {
    const list = new BigUint64Array(count);
    raw.point(field, new Uint8Array(list.buffer));
    return list;
  });
  ask(raw, fd);
  return lists.map((list) => [...list]);
}

/** What an iterator goes through, by its kind: the kernel has one place for all of them. */
function iterated(raw: Raw, target: string): Pick<Extract<LinkInfo, { type: "iter" }>, "map" | "cgroup" | "task"> {
  if (/^(bpf_map_elem|sockmap|bpf_sk_storage_map)$/.test(target)) return { map: raw.u32("iter.map.map_id") };
  if (target === "cgroup") return { cgroup: { id: raw.u64("iter.cgroup.cgroup_id"), order: raw.u32("iter.cgroup.order") } };
  if (!target.startsWith("task")) return {};
  const [tid, pid] = [raw.u32("iter.task.tid"), raw.u32("iter.task.pid")];
  return tid === 0 && pid === 0 ? {} : { task: { tid, pid } };
}

function perfEvent(raw: Raw, fd: number): PerfEvent {
  const type = raw.u32("perf_event.type");
  const kind = Object.entries(PERF_EVENT_TYPE).find(([, number]) => number === type)?.[0];
  if (kind === undefined) return { kind: "unknown" };
  if (kind === "event")
    return {
      kind,
      event: raw.u32("perf_event.event.type"),
      config: raw.u64("perf_event.event.config"),
      cookie: raw.u64("perf_event.event.cookie"),
    };
  const bytes = new Uint8Array(LONGEST_NAME);
  ask(raw.point("perf_event.name", bytes).set("perf_event.name_len", bytes.length), fd);
  const name = textOf(bytes);
  const offset = raw.u32("perf_event.offset");
  switch (kind) {
    case "tracepoint":
      return { kind, name, cookie: raw.u64("perf_event.tracepoint.cookie") };
    case "kprobe":
    case "kretprobe":
      return {
        kind,
        function: name,
        offset,
        address: raw.u64("perf_event.kprobe.addr"),
        missed: raw.u64("perf_event.kprobe.missed"),
        cookie: raw.u64("perf_event.kprobe.cookie"),
      };
    case "uprobe":
    case "uretprobe":
      return {
        kind,
        file: name,
        offset,
        semaphore: raw.u64("perf_event.uprobe.ref_ctr_offset"),
        cookie: raw.u64("perf_event.uprobe.cookie"),
      };
    default:
      return { kind: "unknown" };
  }
}
