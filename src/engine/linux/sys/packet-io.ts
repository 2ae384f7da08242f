/**
 * Packets in and out of this machine's interfaces without eBPF in the kernel: packet sockets (packet(7)) and TUN/TAP devices
 * (Documentation/networking/tuntap.rst). All of it is non-blocking but `wait`, which blocks a thread of libuv's pool.
 *
 * Nothing throws but opening; a result below zero is an error number, negated.
 */

import { openLibrary } from "./library.ts";

/** Receives into one buffer and sends from another, whose addresses are found once. */
export interface PacketChannel {
  readonly fd: number;
  /**
   * The next packet into the buffer that was given.
   * @returns its length, as it is on the wire: longer than the buffer when it was cut off.
   */
  receive(): number;
  /** Of the packet received last (packet sockets). */
  readonly auxiliary: Auxiliary;
  /** Sends the first `length` bytes of the buffer that was given for it. */
  send(length: number): number;
  close(): void;
}

export interface Auxiliary {
  /** The VLAN tag that the hardware or driver took out: its TCI and Ethernet type, or -1. */
  tci: number;
  type: number;
  /** True: the transport checksum is not in the packet, as nobody needed it on the way here. */
  checksumMissing: boolean;
}

export interface PacketIo {
  interfaceIndex(name: string): number;
  /** @param promiscuous also what is for other machines. @returns a negated error number: -EPERM without CAP_NET_RAW. */
  openSocket(ifindex: number, promiscuous: boolean, into: Uint8Array, from: Uint8Array): PacketChannel | number;
  /** Makes a device that lives until it is closed, or joins one. @param ethernet TAP, else TUN. @returns also the name it got. */
  openTunnel(
    name: string,
    ethernet: boolean,
    into: Uint8Array,
    from: Uint8Array,
  ): { readonly channel: PacketChannel; readonly name: string } | number;
  /** Resolves when one of them has packets, or somebody called `wake`. */
  wait(fds: readonly number[]): Promise<void>;
  /** Ends `wait`, from anywhere. */
  wake(): void;
  close(): void;
}

// socket(2), packet(7), linux/if_packet.h, linux/if_tun.h, poll(2): the same numbers on every architecture of `ARCHITECTURES`.
const AF_PACKET = 17;
const SOCK_RAW = 3;
const NON_BLOCKING = 0o4000;
const CLOSE_ON_EXEC = 0o2000000;
const SOL_PACKET = 263;
const PACKET = { addMembership: 1, auxdata: 8, ignoreOutgoing: 23 } as const;
const PACKET_MR_PROMISC = 1;
const ETH_P_ALL = 3;
const MSG_TRUNC = 0x20;
const O_RDWR = 2;
const TUNSETIFF = 0x400454ca;
const IFF = { tun: 1, tap: 2, noPacketInfo: 0x1000 } as const;
const NAME_SIZE = 16;
const POLLIN = 1;
/** `struct tpacket_auxdata`: offsets, and bits of its status. */
const AUX = { status: 0, tci: 16, type: 18 } as const;
const STATUS = { checksumNotReady: 1 << 3, vlan: 1 << 4 } as const;
const CONTROL_SIZE = 64;
/** `struct cmsghdr` of 64-bit machines: u64 length, then level and type; data from 16 on. */
const CONTROL_DATA = 16;

/** @throws FeatureError when this is not a Linux that koffi is built for. */
export async function openPacketIo(): Promise<PacketIo> {
  const { koffi, library } = await openLibrary("packet sockets", "live traffic");
  const { address, errno } = koffi;
  const at = (memory: Uint8Array): number => Number(address(memory));
  const call = (name: string, ...types: string[]) => library.func(name, "int", types) as (...args: (number | string)[]) => number;
  const socket = call("socket", "int", "int", "int");
  const bind = call("bind", "int", "uintptr_t", "uint32");
  const setOption = call("setsockopt", "int", "int", "int", "uintptr_t", "uint32");
  const open = call("open", "str", "int");
  const ioctl = call("ioctl", "int", "ulong", "uintptr_t");
  const close = call("close", "int");
  const eventfd = call("eventfd", "uint32", "int");
  const ifNameToIndex = call("if_nametoindex", "str");
  const sized = (name: string, ...types: string[]) => library.func(name, "int64", types);
  const recvmsg = sized("recvmsg", "int", "uintptr_t", "int") as (fd: number, header: number, flags: number) => number;
  const sendTo = sized("send", "int", "uintptr_t", "size_t", "int") as (...args: number[]) => number;
  const read = sized("read", "int", "uintptr_t", "size_t") as (...args: number[]) => number;
  const write = sized("write", "int", "uintptr_t", "size_t") as (...args: number[]) => number;
  const poll = library.func("poll", "int", ["uintptr_t", "ulong", "int"]) as ((...args: number[]) => number) & {
    async(fds: number, count: number, timeout: number, done: (error: unknown, result: number) => void): void;
  };
  const orError = (result: number): number => (result < 0 ? -errno() : result);

  const wakeFd = eventfd(0, NON_BLOCKING | CLOSE_ON_EXEC);
  const counter = new Uint8Array(8);
  const counterAt = at(counter);

  function socketChannel(fd: number, into: Uint8Array, from: Uint8Array): PacketChannel {
    // struct msghdr: name and its length, iovec and their number, control and its length, flags.
    const header = new Uint8Array(56);
    const vector = new Uint8Array(16);
    const control = new Uint8Array(CONTROL_SIZE);
    const headerView = new DataView(header.buffer);
    const controlView = new DataView(control.buffer);
    const vectorView = new DataView(vector.buffer);
    vectorView.setBigUint64(0, BigInt(address(into)), true);
    vectorView.setBigUint64(8, BigInt(into.length), true);
    headerView.setBigUint64(16, BigInt(address(vector)), true);
    headerView.setBigUint64(24, 1n, true);
    headerView.setBigUint64(32, BigInt(address(control)), true);
    const headerAt = at(header);
    const fromAt = at(from);
    const auxiliary: Auxiliary = { tci: -1, type: 0, checksumMissing: false };
    return {
      fd,
      auxiliary,
      receive() {
        headerView.setUint32(40, CONTROL_SIZE, true);
        const length = orError(recvmsg(fd, headerAt, MSG_TRUNC));
        // Naming them here keeps what the kernel writes into.
        if (length < 0 || headerView.getUint32(40, true) < CONTROL_DATA || vector.length === 0) return length;
        const status = controlView.getUint32(CONTROL_DATA + AUX.status, true);
        auxiliary.checksumMissing = (status & STATUS.checksumNotReady) !== 0;
        const tagged = (status & STATUS.vlan) !== 0;
        auxiliary.tci = tagged ? controlView.getUint16(CONTROL_DATA + AUX.tci, true) : -1;
        auxiliary.type = tagged ? controlView.getUint16(CONTROL_DATA + AUX.type, true) : 0;
        return length;
      },
      send: (length) => orError(sendTo(fd, fromAt, Math.min(length, from.length), 0)),
      close: () => {
        close(fd);
      },
    };
  }

  function tunnelChannel(fd: number, into: Uint8Array, from: Uint8Array): PacketChannel {
    const intoAt = at(into);
    const fromAt = at(from);
    return {
      fd,
      auxiliary: { tci: -1, type: 0, checksumMissing: false },
      receive: () => orError(read(fd, intoAt, into.length)),
      send: (length) => orError(write(fd, fromAt, Math.min(length, from.length))),
      close: () => {
        close(fd);
      },
    };
  }

  return {
    interfaceIndex: (name) => (name === "" || name.includes("\0") ? 0 : ifNameToIndex(name)),
    openSocket(ifindex, promiscuous, into, from) {
      const fd = orError(socket(AF_PACKET, SOCK_RAW | NON_BLOCKING | CLOSE_ON_EXEC, 0));
      if (fd < 0) return fd;
      const give = (result: number): number => (result < 0 ? -errno() : 0);
      const one = new Uint8Array(4);
      one[0] = 1;
      // struct sockaddr_ll: family, protocol in network order, ifindex.
      const place = new Uint8Array(20);
      const view = new DataView(place.buffer);
      view.setUint16(0, AF_PACKET, true);
      view.setUint16(2, ETH_P_ALL);
      view.setInt32(4, ifindex, true);
      // struct packet_mreq: ifindex, type.
      const member = new Uint8Array(16);
      new DataView(member.buffer).setInt32(0, ifindex, true);
      member[4] = PACKET_MR_PROMISC;
      let failed = give(setOption(fd, SOL_PACKET, PACKET.ignoreOutgoing, at(one), one.length));
      failed ||= give(setOption(fd, SOL_PACKET, PACKET.auxdata, at(one), one.length));
      if (promiscuous) failed ||= give(setOption(fd, SOL_PACKET, PACKET.addMembership, at(member), member.length));
      failed ||= give(bind(fd, at(place), place.length));
      if (failed === 0) return socketChannel(fd, into, from);
      close(fd);
      return failed;
    },
    openTunnel(name, ethernet, into, from) {
      const fd = orError(open("/dev/net/tun", O_RDWR | NON_BLOCKING | CLOSE_ON_EXEC));
      if (fd < 0) return fd;
      // struct ifreq: the name, then flags.
      const request = new Uint8Array(40);
      request.set(new TextEncoder().encode(name).subarray(0, NAME_SIZE - 1));
      new DataView(request.buffer).setUint16(NAME_SIZE, (ethernet ? IFF.tap : IFF.tun) | IFF.noPacketInfo, true);
      const failed = orError(ioctl(fd, TUNSETIFF, at(request)));
      if (failed < 0) {
        close(fd);
        return failed;
      }
      const got = new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
      return { channel: tunnelChannel(fd, into, from), name: got };
    },
    wait(fds) {
      // struct pollfd: fd, events, what happened.
      const all = [...fds, wakeFd];
      const list = new Uint8Array(all.length * 8);
      const view = new DataView(list.buffer);
      all.forEach((fd, index) => {
        view.setInt32(index * 8, fd, true);
        view.setInt16(index * 8 + 4, POLLIN, true);
      });
      const listAt = at(list);
      return new Promise((resolve) => {
        poll.async(listAt, all.length, -1, () => {
          // The list must live until here. An error means: look at all of them.
          if (list.length > 0) read(wakeFd, counterAt, counter.length);
          resolve();
        });
      });
    },
    wake() {
      counter.fill(0);
      counter[0] = 1;
      write(wakeFd, counterAt, counter.length);
    },
    close: () => {
      close(wakeFd);
    },
  };
}
