/** What iterators promise of the objects that they show (`ctx_arg_info` of each `bpf_iter_reg`). */

import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TO_BTF_ID, PTR_TO_BUF, PTR_TRUSTED } from "../state/types.ts";

/** By iterator, then by argument (0 is the meta). `null`: null after the last; `trusted`: so since the version, else `null`. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<number, "null" | "read" | "write" | number>>>> = {
  bpf_iter_task: { 1: 607 },
  bpf_iter_task_file: { 1: "null", 3: "null" },
  bpf_iter_task_vma: { 1: "null", 2: "null" },
  bpf_iter_cgroup: { 1: 607 },
  bpf_iter_bpf_map: { 1: 607 },
  bpf_iter_bpf_map_elem: { 2: "read", 3: "write" },
  bpf_iter_bpf_prog: { 1: "null" },
  bpf_iter_bpf_link: { 1: "null" },
  bpf_iter_bpf_sk_storage_map: { 2: "null", 3: "write" },
  bpf_iter_sockmap: { 2: "read", 3: "null" },
  bpf_iter_tcp: { 1: 605 },
  bpf_iter_udp: { 1: 605 },
  bpf_iter_unix: { 1: "null" },
  bpf_iter_netlink: { 1: "null" },
  bpf_iter_ipv6_route: { 1: "null" },
  bpf_iter_ksym: { 1: "null" },
  bpf_iter_kmem_cache: { 1: 613 },
  bpf_iter_dmabuf: { 1: "null" },
};

/** The register type of an argument; 0: nothing is promised. */
export function iteratorArgument(iterator: string, argument: number, era: number): number {
  const promise = ARGUMENTS[iterator]?.[argument];
  switch (promise) {
    case undefined:
      return 0;
    case "read":
      return PTR_TO_BUF | PTR_MAYBE_NULL | MEM_RDONLY;
    case "write":
      return PTR_TO_BUF | PTR_MAYBE_NULL;
    case "null":
      return PTR_TO_BTF_ID | PTR_MAYBE_NULL;
    default:
      return PTR_TO_BTF_ID | PTR_MAYBE_NULL | (era >= promise ? PTR_TRUSTED : 0);
  }
}
