/**
 * Programs on one socket: filters (3.19) and the choice among sockets of a port (`sk_reuseport`, 4.19). Given an interface, a filter runs on
 * copies of what passes there, on a packet socket of its own that nobody reads.
 */

import { AttachError } from "../../errors.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, systemError } from "./attaching.ts";
import { interfaceOf } from "./interfaces.ts";
import { LinuxLink } from "./link.ts";

/** `SO_*` of asm-generic/socket.h. */
const SO_ATTACH_BPF = 50;
const SO_DETACH_BPF = 27;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

export function attachSocket(attaching: Attaching): LinuxLink {
  const { kernel, spec, descriptor, options } = attaching;
  const { transport, ledger } = kernel;
  const filter = spec.type === "socket_filter";
  checkOptions(attaching, `a ${spec.type} program`, filter ? ["socket", "interface"] : ["socket"]);
  const [attach, detach] = filter ? [SO_ATTACH_BPF, SO_DETACH_BPF] : [SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF];
  const attempt = (place: string): Attempt => ({
    place,
    feature: filter ? "SO_ATTACH_BPF" : "SO_ATTACH_REUSEPORT_EBPF",
    since: filter ? "3.19" : "4.19",
    needs: ["CAP_NET_RAW"],
    means: { EBADF: "there is no such socket", ENOTSUPP: "that is no socket" },
  });
  const { socket } = options;
  if (socket !== undefined) {
    const trying = attempt(`socket ${socket}`);
    const result = transport.socketOption(socket, attach, descriptor.fd);
    if (result < 0) throw attachFailure(attaching, trying, systemError("setsockopt", result));
    const release = () => void transport.socketOption(socket, detach, 0);
    const replace = (program: number) => transport.socketOption(socket, attach, program);
    return new LinuxLink(kernel, { description: trying.place, descriptors: [], release, replace });
  }
  if (!filter)
    throw new AttachError(`program ${spec.name}: a ${spec.type} program is attached to a socket; give its descriptor (socket)`);
  const { name, index } = interfaceOf(attaching, "a socket filter");
  const trying = attempt(`packet socket on ${name}`);
  const opened = transport.packetSocket(index);
  if (opened < 0) throw attachFailure(attaching, trying, systemError("socket", opened));
  const holder = ledger.adopt(opened, `socket of ${spec.name} on ${name}`);
  const result = transport.socketOption(holder.fd, attach, descriptor.fd);
  if (result < 0) {
    holder.close();
    throw attachFailure(attaching, trying, systemError("setsockopt", result));
  }
  const replace = (program: number) => transport.socketOption(holder.fd, attach, program);
  return new LinuxLink(kernel, { description: trying.place, descriptors: [holder], replace });
}
