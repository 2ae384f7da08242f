/**
 * Programs on sockets and control groups, as far as their contexts make sense without a kernel: fed by `run` or by what the host says
 * happens in a group. What would need the kernel's own sockets (redirecting messages, choosing sockets, TCP's options) is absent.
 */

import type { AttachType } from "../../../uapi/attach-types.ts";
import * as structs from "../../../uapi/contexts/cgroup.ts";
import { SK_BUFF, SK_BUFF_ACCESS } from "../../../uapi/contexts/sk-buff.ts";
import { BPF_SOCK } from "../../../uapi/contexts/sock.ts";
import { type ContextAccess, ContextRules, type ContextStruct } from "../../../uapi/contexts/struct.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { AttachError } from "../../errors.ts";
import type { FieldShape } from "../contexts/fields.ts";
import { ETHERNET_HEADER } from "../contexts/skb.ts";
import { type Cpu, HEAD_ROOM } from "../cpu.ts";
import { retvalHelpers, sysctlHelpers } from "../helpers/cgroup.ts";
import { CURRENT } from "../helpers/current.ts";
import { generalFor } from "../helpers/general.ts";
import { type Helper, helperTable } from "../helpers/helper.ts";
import { sockOpsHelpers } from "../helpers/sock-ops.ts";
import { type AttachFields, FieldProgram, isFieldProgram } from "./field-program.ts";
import type { ProgramKind } from "./kind.ts";
import { HookLink } from "./link.ts";

const { CONTEXT_ACCESS: ACCESS } = structs;
const SOCKET = { size: BPF_SOCK.size, writable: false };

/** By attach type, or for all of a program type. */
type Shapes = FieldShape | { readonly [Type in AttachType]?: FieldShape };

function withSocket(struct: ContextStruct, access: ContextAccess, more: Partial<FieldShape> = {}): FieldShape {
  return { rules: new ContextRules(struct, access, SOCKET), pointer: "sk", ...more };
}

const addr = (access: ContextAccess): FieldShape => withSocket(structs.SOCK_ADDR, access);
const plain = (struct: ContextStruct, access: ContextAccess, more: Partial<FieldShape> = {}): FieldShape => ({
  rules: new ContextRules(struct, access),
  ...more,
});

const addr4 = addr(ACCESS.addr4);
const addr6 = addr(ACCESS.addr6);
const addrUnix = addr(ACCESS.addrUnix);
const OPTION = { buffer: { start: "optval", end: "optval_end" } };

const atCgroup: AttachFields = (program, room, { cgroup, position }) => {
  const { attachType, type } = program.spec;
  if (cgroup === undefined)
    throw new AttachError(`${program.name}: a ${type} program is attached to a control group; name one (cgroup: "/web")`);
  const hook = room.groups.calls(cgroup, attachType ?? DEFAULT_ATTACH[type] ?? "cgroup_device");
  return HookLink.attach(hook, program, isFieldProgram, position);
};

const DEFAULT_ATTACH: Readonly<Partial<Record<ProgramType, AttachType>>> = {
  sock_ops: "cgroup_sock_ops",
  cgroup_sock: "cgroup_inet_sock_create",
};

const nowhere: AttachFields = (program) => {
  throw new AttachError(
    `${program.name}: the embedded engine has no sockets to attach ${program.spec.type} programs to; run() gives one a context`,
  );
};

function isShape(shapes: Shapes): shapes is FieldShape {
  return "rules" in shapes;
}

function kind(type: ProgramType, shapes: Shapes, helpers: readonly Helper[], attach: AttachFields): ProgramKind {
  return {
    type,
    helpers: helperTable([...generalFor(type), ...helpers]),
    packetLoads: false,
    make(spec, executors, room, fuel) {
      const { attachType } = spec;
      const shape = isShape(shapes) ? shapes : shapes[attachType ?? DEFAULT_ATTACH[type] ?? "cgroup_device"];
      if (shape === undefined) {
        const known = Object.keys(shapes).join(", ");
        throw new AttachError(
          `${spec.name}: a ${type} program must say what it attaches to; it is ${attachType}, known are ${known}`,
        );
      }
      return new FieldProgram(spec, executors, room, fuel, shape, attach);
    },
  };
}

const CALLS = [...CURRENT, ...retvalHelpers];

export const sockAddr = kind(
  "cgroup_sock_addr",
  {
    cgroup_inet4_bind: addr4,
    cgroup_inet6_bind: addr6,
    cgroup_inet4_connect: addr4,
    cgroup_inet6_connect: addr6,
    cgroup_unix_connect: addrUnix,
    cgroup_udp4_sendmsg: addr(ACCESS.sendmsg4),
    cgroup_udp6_sendmsg: addr(ACCESS.sendmsg6),
    cgroup_unix_sendmsg: addrUnix,
    cgroup_udp4_recvmsg: addr4,
    cgroup_udp6_recvmsg: addr6,
    cgroup_unix_recvmsg: addrUnix,
    cgroup_inet4_getpeername: addr4,
    cgroup_inet6_getpeername: addr6,
    cgroup_unix_getpeername: addrUnix,
    cgroup_inet4_getsockname: addr4,
    cgroup_inet6_getsockname: addr6,
    cgroup_unix_getsockname: addrUnix,
  },
  CALLS,
  atCgroup,
);

const sock = plain(BPF_SOCK, ACCESS.sock);

export const cgroupSock = kind(
  "cgroup_sock",
  {
    cgroup_inet_sock_create: sock,
    cgroup_inet_sock_release: sock,
    cgroup_inet4_post_bind: plain(BPF_SOCK, ACCESS.postBind4),
    cgroup_inet6_post_bind: plain(BPF_SOCK, ACCESS.postBind6),
  },
  CALLS,
  atCgroup,
);

export const cgroupSysctl = kind(
  "cgroup_sysctl",
  plain(structs.SYSCTL, ACCESS.sysctl, { texts: ["name", "value", "newValue"] }),
  [...CALLS, ...sysctlHelpers],
  atCgroup,
);

export const cgroupDevice = kind("cgroup_device", plain(structs.DEVICE, ACCESS.device), CALLS, atCgroup);

export const cgroupSockopt = kind(
  "cgroup_sockopt",
  {
    cgroup_getsockopt: withSocket(structs.SOCKOPT, ACCESS.getsockopt, OPTION),
    cgroup_setsockopt: withSocket(structs.SOCKOPT, ACCESS.setsockopt, OPTION),
  },
  CALLS,
  atCgroup,
);

export const sockOps = kind(
  "sock_ops",
  withSocket(structs.SOCK_OPS, ACCESS.sockOps, { buffer: { start: "skb_data", end: "skb_data_end" } }),
  [...CURRENT, ...sockOpsHelpers],
  atCgroup,
);

export const skLookup = kind("sk_lookup", plain(structs.SK_LOOKUP, ACCESS.lookup), [], nowhere);

const DATA = { buffer: { start: "data", end: "data_end" } };

export const skMsg = kind("sk_msg", withSocket(structs.SK_MSG, ACCESS.message, DATA), CURRENT, nowhere);

export const skReuseport = kind("sk_reuseport", withSocket(structs.SK_REUSEPORT, ACCESS.reuseport, DATA), [], nowhere);

/** `struct bpf_flow_keys`, which its programs fill in: bytes, and offsets. */
const FLOW_KEYS = { size: 56, nhoff: 0, thoff: 2, n_proto: 10 } as const;

/** As `bpf_flow_dissect` of net/core/flow_dissector.c begins: behind the Ethernet header. */
function beginFlow(cpu: Cpu, at: number): void {
  const { bytes, view } = cpu.room.memory;
  const type = cpu.packetArea + HEAD_ROOM + 12;
  view.setUint16(at + FLOW_KEYS.nhoff, ETHERNET_HEADER, true);
  view.setUint16(at + FLOW_KEYS.thoff, ETHERNET_HEADER, true);
  bytes.copyWithin(at + FLOW_KEYS.n_proto, type, type + 2);
}

/** Offsets lie within the packet, whatever the program says. */
function endFlow(cpu: Cpu, at: number, length: number): void {
  const { view } = cpu.room.memory;
  for (const offset of [FLOW_KEYS.nhoff, FLOW_KEYS.thoff]) {
    const found = view.getUint16(at + offset, true);
    view.setUint16(at + offset, Math.min(Math.max(found, ETHERNET_HEADER), length), true);
  }
}

export const flowDissector = kind(
  "flow_dissector",
  {
    rules: new ContextRules(SK_BUFF, SK_BUFF_ACCESS.flow_dissector, { size: FLOW_KEYS.size, writable: true }),
    pointer: "flow_keys",
    prepare: beginFlow,
    finish: endFlow,
    givesAnnex: true,
    ...DATA,
  },
  [],
  nowhere,
);
