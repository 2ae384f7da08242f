import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTACH_TYPE, type AttachType } from "../../uapi/attach-types.ts";
import { HELPER } from "../../uapi/helpers.ts";
import { isOffered } from "../../uapi/offers/offers.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../uapi/program-types.ts";
import {
  MEM_FIXED_SIZE,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_PACKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  SCALAR,
} from "../state/types.ts";
import type { HelperPrototype } from "../target.ts";
import { KERNELS, kernelTarget } from "./index.ts";

const ASKER = { sleepable: false, gpl: true };
const [old, lts, newest] = [kernelTarget("6.1", null), kernelTarget("6.12", null), kernelTarget("6.18", null)];

function helper(
  target: typeof old,
  name: keyof typeof HELPER,
  type: ProgramType,
  attachType: AttachType | null = null,
): HelperPrototype {
  const found = target.helper(HELPER[name], type, attachType, ASKER);
  assert.ok(typeof found !== "string", `${name} for ${type} on ${target.name}: ${found}`);
  return found;
}

test("a context's field gives a number of the load's width, or a pointer", () => {
  const rules = newest.programType("sched_cls", null);
  assert.deepEqual(rules?.access(0, 4, false), { type: SCALAR, size: 4, struct: null, range: null });
  assert.equal(rules?.access(76, 4, false)?.type, PTR_TO_PACKET);
  assert.equal(rules?.access(168, 8, false)?.type, PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL);
});

test("narrow loads are allowed where the kernel allows them", () => {
  const rules = newest.programType("sched_cls", null);
  assert.equal(rules?.access(3, 1, false)?.size, 1);
  assert.equal(rules?.access(77, 1, false), null);
  assert.equal(rules?.access(1, 2, false), null);
});

test("what may be written differs from what may be read", () => {
  const rules = newest.programType("sched_cls", null);
  assert.ok(rules?.access(8, 4, true));
  assert.equal(rules?.access(0, 4, true), null);
  assert.equal(newest.programType("socket_filter", null)?.access(8, 4, true), null);
});

test("contexts without a struct end where the kernel says", () => {
  const tracepoint = newest.programType("tracepoint", null);
  assert.equal(tracepoint?.access(0, 8, false), null, "the common fields are not the program's");
  assert.ok(tracepoint?.access(8184, 8, false));
  assert.equal(tracepoint?.access(8192, 8, false), null);
  assert.ok(newest.programType("syscall", null)?.access(65528, 4, true));
  assert.equal(newest.programType("syscall", null)?.access(65535, 1, true), null);
});

test("an attach type may change the context", () => {
  assert.equal(newest.programType("xdp", null)?.access(20, 4, false), null);
  assert.ok(newest.programType("xdp", "xdp_devmap")?.access(20, 4, false));
  assert.equal(newest.programType("cgroup_sock_addr", "cgroup_inet4_connect")?.access(8, 4, false), null);
  assert.ok(newest.programType("cgroup_sock_addr", "cgroup_inet6_getsockname")?.access(8, 4, false));
});

test("programs that must say what they attach to do not load without it", () => {
  assert.equal(newest.programType("cgroup_sock_addr", null), null);
  assert.equal(newest.programType("cgroup_sock_addr", "cgroup_inet_egress"), null);
  assert.ok(newest.programType("cgroup_skb", null));
  assert.equal(old.programType("netfilter", "netfilter"), null, "since 6.4");
});

test("what is returned must be in a range", () => {
  const returns = (type: ProgramType, attachType: AttachType | null) => newest.programType(type, attachType)?.returns;
  assert.deepEqual(returns("cgroup_skb", "cgroup_inet_egress"), { min: 0, max: 3 });
  assert.deepEqual(returns("cgroup_sock_addr", "cgroup_inet4_getpeername"), { min: 1, max: 1 });
  assert.deepEqual(returns("tracing", "trace_fentry"), { min: 0, max: 0 });
  assert.equal(returns("xdp", null), null);
});

test("packets are read, written or neither, by type", () => {
  const packets = (type: ProgramType) => {
    const rules = newest.programType(type, null);
    return [rules?.directPacketAccess, rules?.directPacketWrite, rules?.legacyPacketAccess];
  };
  assert.deepEqual(packets("sched_cls"), [true, true, true]);
  assert.deepEqual(packets("cgroup_skb"), [true, false, false]);
  assert.deepEqual(packets("socket_filter"), [false, false, true]);
});

test("sockets are read by field", () => {
  assert.ok(newest.socketAccess(PTR_TO_SOCKET, 8, 4));
  assert.equal(newest.socketAccess(PTR_TO_SOCK_COMMON, 8, 4), null);
  assert.ok(newest.socketAccess(PTR_TO_TCP_SOCK, 80, 8));
  assert.equal(newest.socketAccess(PTR_TO_SOCKET, 80, 4), null);
});

test("a prototype says what each argument must be", () => {
  const lookup = helper(newest, "bpf_map_lookup_elem", "xdp");
  assert.deepEqual(
    lookup.arguments.map((argument) => argument.class),
    ["const-map-ptr", "map-key"],
  );
  assert.equal(lookup.returns, "map-value");
  assert.equal(lookup.returnFlags, PTR_MAYBE_NULL);
  assert.equal(lookup.packetAccess, true);
  const reserve = helper(newest, "bpf_ringbuf_reserve", "xdp");
  assert.equal(reserve.returnFlags, PTR_MAYBE_NULL | MEM_RINGBUF);
  assert.equal(helper(newest, "bpf_ringbuf_submit", "xdp").arguments[0]?.flags, OBJ_RELEASE);
  const strtol = helper(newest, "bpf_strtol", "xdp").arguments[3];
  assert.ok(strtol !== undefined && (strtol.flags & (MEM_FIXED_SIZE | MEM_UNINIT | MEM_WRITE)) !== 0 && strtol.size === 8);
});

test("a helper's prototype depends on the program's type, and on the kernel", () => {
  assert.equal(helper(newest, "bpf_get_socket_cookie", "sched_cls").arguments[0]?.class, "ctx");
  assert.equal(helper(newest, "bpf_get_socket_cookie", "tracing", "trace_iter").arguments[0]?.class, "btf-id-sock-common");
  assert.equal(helper(lts, "bpf_loop", "xdp").arguments[0]?.class, "scalar");
  assert.equal(helper(newest, "bpf_loop", "xdp").arguments[0]?.class, "anything");
});

test("helpers are unknown, or not for a type, or there", () => {
  assert.equal(newest.helper(HELPER.bpf_skb_store_bytes, "xdp", null, ASKER), "refused");
  assert.equal(newest.helper(9999, "xdp", null, ASKER), "unknown");
  assert.equal(old.helper(HELPER.bpf_cgrp_storage_get, "kprobe", null, ASKER), "unknown");
  assert.ok(typeof lts.helper(HELPER.bpf_cgrp_storage_get, "kprobe", null, ASKER) === "object");
});

test("what a program attaches to decides which helpers it has", () => {
  const at = (target: string, attachType: AttachType, id: number) =>
    lts.helper(id, attachType.startsWith("lsm_") ? "lsm" : "tracing", attachType, { ...ASKER, source: { target } });
  assert.equal(at("vfs_read", "trace_fentry", HELPER.bpf_d_path), "not-here");
  assert.ok(typeof at("vfs_truncate", "trace_fentry", HELPER.bpf_d_path) === "object");
  assert.ok(typeof at("file_open", "lsm_mac", HELPER.bpf_d_path) === "object");
  assert.equal(at("task_free", "lsm_mac", HELPER.bpf_d_path), "not-here");
  assert.equal(at("security_file_open", "modify_return", HELPER.bpf_sk_storage_get), "not-here");
  assert.equal(at("task", "trace_iter", HELPER.bpf_setsockopt), "refused");
  assert.ok(typeof at("tcp", "trace_iter", HELPER.bpf_setsockopt) === "object");
  assert.equal(at("socket_bind", "lsm_cgroup", HELPER.bpf_setsockopt), "refused");
  assert.equal(at("socket_bind", "lsm_cgroup", HELPER.bpf_get_attach_cookie), "refused");
});

test("every helper that a kernel offers has a prototype of its own name", () => {
  for (const name of KERNELS) {
    const target = kernelTarget(name, null);
    for (const type of Object.keys(PROGRAM_TYPE) as ProgramType[]) {
      for (const attachType of [null, ...(Object.keys(ATTACH_TYPE) as AttachType[])]) {
        if (target.programType(type, attachType) === null) continue;
        for (const [helperName, id] of Object.entries(HELPER)) {
          if (!isOffered(target.era, id, type, attachType, "")) continue;
          const found = target.helper(id, type, attachType, { ...ASKER, source: { target: "file_open" } });
          if (found !== "not-here")
            assert.ok(typeof found !== "string" && found.name === helperName, `${helperName} for ${type} on ${name}`);
        }
      }
    }
  }
});

test("kernel functions have flags, and programs that may call them", () => {
  const acquire = newest.kfunc("bpf_task_acquire");
  assert.deepEqual([acquire?.flags.acquire, acquire?.flags.rcu, acquire?.flags.returnsNull], [true, true, true]);
  assert.equal(acquire?.offeredTo("xdp", null), true);
  assert.equal(acquire?.offeredTo("socket_filter", null), false);
  assert.equal(newest.kfunc("bpf_no_such_function"), null);
  assert.equal(old.kfunc("bpf_task_acquire"), null);
  assert.equal(lts.kfunc("bpf_res_spin_lock"), null, "since 6.15");
});
