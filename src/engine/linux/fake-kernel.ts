/**
 * A kernel made of answers, for tests: it records every call with a copy of the attribute, reads and writes the memory that
 * attributes point to, and answers as the test says. No privileges, no system call.
 */

import { COMMAND } from "../../uapi/commands.ts";
import { ATTRIBUTES, type KnownCommand } from "./attributes.ts";
import { DescriptorLedger } from "./descriptors.ts";
import type { Facts } from "./facts.ts";
import type { Kernel } from "./kernel.ts";
import { ERRNO } from "./sys/system-error.ts";
import type { Mapping, Transport } from "./sys/transport.ts";

/** Answers ≥ 0, or an error number, negated. */
export type Answer = (call: FakeCall) => number;

/** Commands whose result is a new descriptor. */
const OPENING: ReadonlySet<KnownCommand> = new Set(["map_create", "prog_load", "btf_load", "link_create"]);

export class FakeCall {
  readonly command: KnownCommand;
  /** As it was when the call was made. */
  readonly attribute: Uint8Array;
  readonly #live: DataView;
  readonly #memory: (address: bigint) => Uint8Array | null;

  constructor(command: KnownCommand, attribute: Uint8Array, memory: (address: bigint) => Uint8Array | null) {
    this.command = command;
    this.attribute = attribute.slice();
    this.#live = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
    this.#memory = memory;
  }

  /** A field's value when the call was made. */
  u32(field: string): number {
    return new DataView(this.attribute.buffer).getUint32(offsetOf(this.command, "u32", field), true);
  }

  u64(field: string): bigint {
    return new DataView(this.attribute.buffer).getBigUint64(offsetOf(this.command, "u64", field), true);
  }

  text(field: string): string {
    const at = offsetOf(this.command, "text", field);
    return new TextDecoder().decode(this.attribute.subarray(at, at + 16)).replace(/\0.*$/, "");
  }

  /** The memory that a field points to; null for a null pointer. */
  memory(field: string): Uint8Array | null {
    return this.#memory(new DataView(this.attribute.buffer).getBigUint64(offsetOf(this.command, "pointer", field), true));
  }

  /** Writes a result back, as the kernel does. */
  answer(field: string, value: number): void {
    this.#live.setUint32(offsetOf(this.command, "u32", field), value, true);
  }
}

export class FakeKernel implements Transport {
  readonly pageSize = 4096;
  readonly calls: FakeCall[] = [];
  /** Open descriptors: what made each. */
  readonly open = new Map<number, KnownCommand>();
  readonly interfaces: Record<string, number> = { lo: 1, eth0: 2 };
  readonly #answers = new Map<KnownCommand, Answer>();
  readonly #addresses = new Map<bigint, Uint8Array>();
  #nextDescriptor = 100;
  #nextAddress = 0x7f00_0000_1000n;

  /** From now on this command is answered so. Without, it succeeds, with a new descriptor where it should. */
  on(command: KnownCommand, answer: Answer): this {
    this.#answers.set(command, answer);
    return this;
  }

  /** Fails with these error numbers, one after the other, and then succeeds. */
  failing(command: KnownCommand, ...errors: readonly (keyof typeof ERRNO)[]): this {
    const left = [...errors];
    return this.on(command, () => {
      const next = left.shift();
      return next === undefined ? 0 : -ERRNO[next];
    });
  }

  callsOf(command: KnownCommand): readonly FakeCall[] {
    return this.calls.filter((call) => call.command === command);
  }

  prepare(command: number, attribute: Uint8Array): () => number {
    return () => this.#bpf(command, attribute);
  }

  #bpf(command: number, attribute: Uint8Array): number {
    const name = (Object.keys(ATTRIBUTES) as KnownCommand[]).find((candidate) => COMMAND[candidate] === command);
    if (name === undefined) throw new RangeError(`the fake kernel does not know command ${command}`);
    const call = new FakeCall(name, attribute, (address) => this.#addresses.get(address) ?? null);
    this.calls.push(call);
    const result = this.#answers.get(name)?.(call) ?? 0;
    if (result !== 0 || !OPENING.has(name)) return result;
    const fd = this.#nextDescriptor++;
    this.open.set(fd, name);
    return fd;
  }

  addressOf(memory: Uint8Array): bigint {
    if (memory.length === 0) return 0n;
    for (const [address, known] of this.#addresses) if (known === memory) return address;
    const address = this.#nextAddress;
    this.#nextAddress += 0x1000n;
    this.#addresses.set(address, memory);
    return address;
  }

  interfaceIndex(name: string): number {
    return this.interfaces[name] ?? -ERRNO.ENODEV;
  }

  close(fd: number): number {
    return this.open.delete(fd) ? 0 : -ERRNO.EBADF;
  }

  map(): Mapping | number {
    return -ERRNO.ENODEV;
  }
}

/** A machine that is root on Linux 6.18 with 4 CPUs, unless `files` says otherwise. */
export function fakeFacts(files: Readonly<Record<string, string>> = {}, release = "6.18.0"): Facts {
  const all: Record<string, string> = {
    "/proc/self/status": "CapEff:\t000001ffffffffff\nSeccomp:\t0",
    "/proc/self/uid_map": "0          0 4294967295",
    "/proc/sys/kernel/unprivileged_bpf_disabled": "2",
    "/sys/devices/system/cpu/possible": "0-3",
    "/sys/class/net/lo/ifindex": "1",
    "/sys/class/net/eth0/ifindex": "2",
    ...files,
  };
  return {
    release,
    read: (path) => all[path] ?? null,
    list: (path) => [
      ...new Set(
        Object.keys(all)
          .filter((file) => file.startsWith(`${path}/`))
          .map((file) => file.slice(path.length + 1).split("/")[0]!),
      ),
    ],
  };
}

export function fakeMachine(transport: FakeKernel, facts: Facts = fakeFacts()): Kernel {
  return { transport, ledger: new DescriptorLedger(transport), facts, cpus: 4 };
}

function offsetOf(command: KnownCommand, group: "u32" | "u64" | "pointer" | "text", field: string): number {
  const fields: Readonly<Record<string, number>> = ATTRIBUTES[command][group];
  const offset = fields[field];
  if (offset === undefined) throw new RangeError(`${command} has no ${group} field ${field}`);
  return offset;
}
