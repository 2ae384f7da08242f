/** A device of an engine's room that is one of this machine's: its packets come from there, and what leaves the device goes there. */

import type { EmbeddedEngine } from "../engine/embedded/engine.ts";
import type { DeviceDescription } from "../engine/embedded/room/network-description.ts";
import type { PacketDevice } from "../engine/embedded/room/packet-host.ts";
import { AttachError, FaultError } from "../engine/errors.ts";
import type { PacketChannel } from "../engine/linux/sys/packet-io.ts";
import { SystemError } from "../engine/linux/sys/system-error.ts";
import { completeChecksum } from "./checksum.ts";
import type { Poller, Source } from "./poller.ts";

export interface LiveCounters {
  /** Given to the programs. */
  readonly received: number;
  readonly sent: number;
  /** That the machine did not take: its queue was full, the interface down, the packet too long. */
  readonly unsent: number;
  /** Too long for a program, or too short: not given to one. */
  readonly unfit: number;
}

export interface LiveDevice extends AsyncDisposable {
  readonly name: string;
  /** Where programs attach. */
  readonly device: PacketDevice;
  readonly counters: LiveCounters;
  /** Packets that a program was stopped on, and why at the first. */
  readonly faults: { readonly packets: number; readonly first: FaultError | null };
  /** Resolves when it ended: null by `close`, or why the machine ended it (the interface is gone). */
  readonly ended: Promise<Error | null>;
  /** No more packets; what was made is gone. */
  close(): Promise<void>;
}

const EAGAIN = 11;
const EINTR = 4;
const ENETDOWN = 100;
const ENOBUFS = 105;
const SHORTEST = 14;
const LONGEST = 65_535;
const ETHERNET = 14;

/** How packets lie in the channel. */
export interface Framing {
  /** True: they begin with an Ethernet header. False: with the IP header; a made-up Ethernet header is put before it. */
  readonly ethernet: boolean;
}

/** @param open opens the channel: packets go into the first buffer, and come from the second. @throws what it throws. */
export function openLive(
  engine: EmbeddedEngine,
  poller: Poller,
  description: DeviceDescription,
  { ethernet }: Framing,
  open: (into: Uint8Array, from: Uint8Array) => PacketChannel,
): LiveDevice {
  const device = engine.addDevice(description);
  const inbox = device.inbox();
  const outbox = new Uint8Array(LONGEST + 4);
  const skipped = ethernet ? 0 : ETHERNET;
  const gone = (): void => engine.removeDevice(device);
  try {
    const channel = open(inbox.subarray(skipped), outbox);
    return new Live(device, gone, poller, channel, inbox, outbox, skipped);
  } catch (error) {
    gone();
    throw error;
  }
}

class Live implements LiveDevice, Source {
  readonly name: string;
  readonly device: PacketDevice;
  readonly counters = { received: 0, sent: 0, unsent: 0, unfit: 0 };
  readonly faults: { packets: number; first: FaultError | null } = { packets: 0, first: null };
  readonly ended: Promise<Error | null>;
  readonly fd: number;
  readonly #poller: Poller;
  readonly #channel: PacketChannel;
  readonly #inbox: Uint8Array;
  readonly #outbox: Uint8Array;
  /** Bytes of the Ethernet header that the channel has not. */
  readonly #skipped: number;
  readonly #end: (why: Error | null) => void;
  readonly #leave: () => void;
  #open = true;

  /** @param gone takes the device out of the room. */
  constructor(
    device: PacketDevice,
    gone: () => void,
    poller: Poller,
    channel: PacketChannel,
    inbox: Uint8Array,
    outbox: Uint8Array,
    skipped: number,
  ) {
    this.name = device.name;
    this.device = device;
    this.fd = channel.fd;
    this.#poller = poller;
    this.#channel = channel;
    this.#inbox = inbox;
    this.#outbox = outbox;
    this.#skipped = skipped;
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    this.ended = promise;
    this.#end = resolve;
    const quiet = device.onTransmit((packet) => this.#send(packet));
    this.#leave = () => {
      quiet();
      gone();
    };
    poller.add(this);
  }

  pump(deadline: number): boolean {
    for (let count = 1; this.#open; count++) {
      const length = this.#channel.receive();
      if (length < 0) {
        if (length === -EAGAIN) return false;
        // The interface is down, for now.
        if (length === -EINTR || length === -ENETDOWN || length === -ENOBUFS) continue;
        void this.#close(new SystemError(`receiving from ${this.name}`, -length));
        return false;
      }
      this.#receive(length);
      // Looking at the clock costs as much as a short program.
      if (count % 16 === 0 && performance.now() > deadline) return true;
    }
    return false;
  }

  /** Hot. */
  #receive(size: number): void {
    const inbox = this.#inbox;
    const { auxiliary } = this.#channel;
    let length = size + this.#skipped;
    if (auxiliary.tci >= 0 && size >= SHORTEST && length + 4 <= LONGEST) {
      inbox.copyWithin(16, 12, length);
      inbox.set([auxiliary.type >>> 8, auxiliary.type & 0xff, auxiliary.tci >>> 8, auxiliary.tci & 0xff], 12);
      length += 4;
    }
    if (length < SHORTEST || length > LONGEST) {
      this.counters.unfit++;
      return;
    }
    if (this.#skipped > 0) {
      inbox.set(this.device.mac, 0);
      inbox.fill(0, 6, 12);
      const version = inbox[ETHERNET]! >>> 4;
      inbox.set(version === 6 ? [0x86, 0xdd] : [0x08, 0x00], 12);
    }
    const packet = inbox.subarray(0, length);
    if (auxiliary.checksumMissing) completeChecksum(packet);
    this.counters.received++;
    try {
      this.device.receive(packet);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.faults.packets++;
      this.faults.first ??= error;
    }
  }

  #send(packet: Uint8Array): void {
    if (!this.#open) return;
    const from = this.#skipped;
    const length = packet.length - from;
    if (length <= 0 || length > this.#outbox.length) {
      this.counters.unsent++;
      return;
    }
    this.#outbox.set(from === 0 ? packet : packet.subarray(from));
    if (this.#channel.send(length) < 0) this.counters.unsent++;
    else this.counters.sent++;
  }

  close(): Promise<void> {
    return this.#close(null);
  }

  async #close(why: Error | null): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#leave();
    await this.#poller.remove(this);
    this.#channel.close();
    this.#end(why);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** @param privilege what the kernel wants for it. */
export function openFailure(what: string, errno: number, privilege: string): Error {
  const cause = new SystemError(what, errno);
  const isPermission = errno === 1 || errno === 13;
  return new AttachError(isPermission ? `${what}: it takes ${privilege} (run it as root)` : cause.message, { cause });
}
