/** The other side: what a lender hands over, as maps, links and programs of this process, which needs no capability for it. */

import { fstatSync, readSync } from "node:fs";
import type { Btf } from "../../../btf/btf.ts";
import { readObject } from "../../../object/read.ts";
import type { Spec } from "../../../object/spec.ts";
import { LendError } from "../../errors.ts";
import { LinuxCollection } from "../collection.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { LinuxLink } from "../links/link.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { makeHandle } from "../maps/make.ts";
import { foundShape, shapeDifference } from "../maps/pinned.ts";
import { RawMap } from "../maps/raw-map.ts";
import { typesOf } from "../maps/reuse.ts";
import { LinuxStructOps } from "../maps/struct-ops.ts";
import { inKernelShape } from "../maps/struct-ops-layout.ts";
import { LinuxProgram } from "../programs/program.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { UnixSockets } from "../sys/unix-socket.ts";
import { type Lent, LONGEST_OBJECT, LONGEST_PACKET, MOST_IN_PACKET, MOST_LENT, type Packet, readPacket } from "./packets.ts";

/** How many entries there are is the kernel's to say: the lender may have asked for more than the object does. */
const BORROWED_PARTS = ["type", "keySize", "valueSize"] as const;

/** A lender answers at once, or is stuck. */
const PATIENCE = 5000;

interface Taken {
  readonly lent: Lent;
  readonly descriptor: Descriptor;
}

export interface Borrowed {
  readonly collection: LinuxCollection;
  readonly links: readonly LinuxLink[];
}

/** @throws LendError */
export async function borrowFrom(kernel: Kernel, sockets: UnixSockets, path: string): Promise<Borrowed> {
  const taken: Taken[] = [];
  try {
    await receiveAll(kernel, sockets, path, taken);
    return collectionOf(kernel, path, taken);
  } catch (error) {
    for (const { descriptor } of taken) descriptor.close();
    throw error;
  }
}

/** @param into everything that came, also when this throws. */
async function receiveAll(kernel: Kernel, sockets: UnixSockets, path: string, into: Taken[]): Promise<void> {
  const { transport, ledger } = kernel;
  const fd = sockets.connect(path);
  if (fd < 0) throw cannotConnect(path, fd);
  using connection = ledger.adopt(fd, `connection to ${path}`);
  const peer = sockets.peer(connection.fd);
  const own = process.getuid?.() ?? -1;
  // What comes is used as it is said to be: from root, or from oneself.
  if (typeof peer === "number" || (peer.uid !== 0 && peer.uid !== own))
    throw new LendError(
      `${path}: user ${typeof peer === "number" ? "?" : peer.uid} lends there, who is neither root nor this process's own`,
    );
  const memory = new Uint8Array(LONGEST_PACKET);
  for (;;) {
    await readable(transport, connection.fd, path);
    const received = sockets.receive(connection.fd, memory, MOST_IN_PACKET);
    if (typeof received === "number") {
      if (received === -ERRNO.EAGAIN || received === -ERRNO.EINTR) continue;
      throw new LendError(`${path}: ${new SystemError("recvmsg", -received).message}`);
    }
    // Whatever is wrong with the packet: its descriptors are this process's now, and must not be lost.
    let packet: Packet;
    try {
      if (received.length === 0) throw new LendError(`${path}: the lender went away before it had handed over everything`);
      if (received.truncated) throw new LendError(`${path}: a packet is longer than a lender's are`);
      packet = readPacket(memory.subarray(0, received.length), received.descriptors.length);
      if (into.length + packet.lent.length > MOST_LENT) throw new LendError(`${path}: more is lent than ${MOST_LENT} things`);
    } catch (error) {
      for (const one of received.descriptors) transport.close(one);
      throw error;
    }
    for (const [index, lent] of packet.lent.entries()) {
      const one = received.descriptors[index];
      if (one !== undefined)
        into.push({ lent, descriptor: ledger.adopt(one, `${lent.kind} ${lent.name}, borrowed from ${path}`) });
    }
    if (packet.end) return;
  }
}

function readable(transport: Kernel["transport"], fd: number, path: string): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      watch[Symbol.dispose]();
      fail(new LendError(`${path}: the lender says nothing`));
    }, PATIENCE);
    const watch = transport.watch(fd, () => {
      clearTimeout(timer);
      watch[Symbol.dispose]();
      done();
    });
  });
}

function collectionOf(kernel: Kernel, path: string, taken: readonly Taken[]): Borrowed {
  const object = taken.find(({ lent }) => lent.kind === "object");
  if (object === undefined) throw new LendError(`${path}: the lender does not say what it lends (no object)`);
  const spec = readSpec(path, object.lent.name, object.descriptor);
  object.descriptor.close();
  const btf = typesOf(spec.types);
  const maps = new Map<string, LinuxHandle>();
  const programs: LinuxProgram[] = [];
  const links: LinuxLink[] = [];
  const held: Descriptor[] = [];
  for (const { lent, descriptor } of taken) {
    switch (lent.kind) {
      case "map": {
        const declared = spec.maps.find(({ name }) => name === lent.name);
        if (declared === undefined) throw new LendError(`${path}: map ${lent.name} is lent, which the object does not have`);
        // Its sizes decide how much the kernel writes into this process's memory: they are asked of the kernel.
        const shape = foundShape(kernel, descriptor);
        const wanted = inKernelShape(kernel, declared);
        const why = shapeDifference(shape, wanted, BORROWED_PARTS);
        if (why !== null)
          throw new LendError(`${path}: map ${lent.name} is of another shape than the object says: it has ${why}`);
        const valueType = declared.valueType === 0 ? recordType(btf, lent.record) : declared.valueType;
        const raw = new RawMap(kernel, { ...wanted, valueType, maxEntries: shape.maxEntries }, descriptor, btf);
        maps.set(lent.name, makeHandle(raw, btf));
        held.push(descriptor);
        break;
      }
      case "program": {
        const declared = spec.programs.find(({ name }) => name === lent.name);
        if (declared === undefined) throw new LendError(`${path}: program ${lent.name} is lent, which the object does not have`);
        programs.push(new LinuxProgram(kernel, declared, descriptor, maps));
        break;
      }
      case "link":
        links.push(
          new LinuxLink(kernel, {
            description: lent.description,
            descriptors: [descriptor],
            fixed: lent.fixed,
            found: { path: null },
          }),
        );
        break;
      case "object":
    }
  }
  const byName = new Map(programs.map((program) => [program.name, program]));
  for (const map of maps.values()) if (map instanceof LinuxStructOps) map.fill((name) => byName.get(name));
  const collection = LinuxCollection.around(
    { ...spec, maps: spec.maps.filter(({ name }) => maps.has(name)) },
    maps,
    programs,
    held,
  );
  return { collection, links };
}

/** The type of a ring's records; 0, for bytes, where the object has another type of that number. */
function recordType(btf: Btf | null, record: { readonly type: number; readonly name: string } | undefined): number {
  if (btf === null || record === undefined || record.type >= btf.count) return 0;
  return btf.name(record.type) === record.name ? record.type : 0;
}

/** @throws LendError, ObjectError */
function readSpec(path: string, name: string, { fd }: Descriptor): Spec {
  const { size } = fstatSync(fd);
  if (size > LONGEST_OBJECT) throw new LendError(`${path}: the object is longer than one can be (${size} bytes)`);
  const bytes = new Uint8Array(size);
  // From its beginning, wherever whoever else has it is reading.
  for (let at = 0; at < size; ) {
    const got = readSync(fd, bytes, at, size - at, at);
    if (got === 0) throw new LendError(`${path}: the object ends before its end`);
    at += got;
  }
  return readObject(bytes, { name });
}

function cannotConnect(path: string, result: number): LendError {
  const cause = new SystemError("connect", -result);
  switch (cause.errno) {
    case ERRNO.ENOENT:
    case ERRNO.ECONNREFUSED:
      return new LendError(`${path}: nobody lends there`, { cause });
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return new LendError(`${path}: what is lent there is for another user`, { cause });
    default:
      return new LendError(`${path}: ${cause.message}`, { cause });
  }
}
