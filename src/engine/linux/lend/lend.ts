/** What of a collection is lent: each map that others can use by its descriptor, links, and programs when they are wanted. */

import { writeObject } from "../../../object/write/write.ts";
import type { Collection, Link } from "../../engine.ts";
import { LendError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { LinuxLink } from "../links/link.ts";
import { mapById } from "../maps/by-id.ts";
import { LinuxHandle } from "../maps/handle.ts";
import { mapInfo } from "../maps/info.ts";
import { isRing } from "../maps/kinds.ts";
import { LinuxProgram } from "../programs/program.ts";
import { SystemError } from "../sys/system-error.ts";
import { openUnixSockets } from "../sys/unix-socket.ts";
import { Lender, type Thing } from "./lender.ts";

export interface LendOptions {
  /** Path of the socket, at most 107 bytes, in a folder that only root (or this user) may change: `/run/drops.sock`. */
  readonly path: string;
  /** Number of the user whose processes may borrow; root's may, too. */
  readonly user: number;
  /** Links that go along: whoever borrows holds the programs attached, and may detach them. */
  readonly links?: readonly Link[];
  /**
   * Also the programs themselves, which whoever has them may run and attach elsewhere as far as the kernel lets them. Default false.
   */
  readonly programs?: boolean;
  /**
   * True: maps can be read, and not written; but ring buffers, whose readers write how far they are. Takes CAP_SYS_ADMIN. Default false.
   */
  readonly readOnly?: boolean;
  /** Only these maps. Default: all; of interfaces (struct_ops) only with their programs. */
  readonly maps?: readonly string[];
  /** Called with the number of each process that borrowed. */
  readonly onBorrowed?: (pid: number) => void;
}

/** Lends until it is disposed; what was borrowed stays with whoever has it. */
export interface Lending extends Disposable {
  readonly path: string;
}

export async function lend(kernel: Kernel, collection: Collection, options: LendOptions): Promise<Lending> {
  const sockets = await openUnixSockets();
  const { spec } = collection;
  // Interfaces name the programs that implement them: without those no object can say what they are.
  const nameless = new Set(
    options.programs === true ? [] : spec.maps.filter(({ structOps }) => structOps !== undefined).map(({ name }) => name),
  );
  const wanted = (name: string): boolean => !nameless.has(name) && (options.maps?.includes(name) ?? true);
  for (const name of options.maps ?? []) {
    if (collection.maps[name] === undefined) throw new LendError(`${spec.name} has no map ${name} to lend`);
    if (nameless.has(name))
      throw new LendError(`map ${name} (struct_ops) is lent with its programs, or not at all (programs: true)`);
  }
  const object = writeObject({
    ...spec,
    programs: options.programs === true ? spec.programs : [],
    maps: spec.maps.filter(({ name }) => wanted(name)),
    globals: (spec.globals ?? []).filter(({ map }) => wanted(map)),
  });
  const fd = sockets.sealed(spec.name, object);
  if (fd < 0) throw new LendError(`${spec.name}: ${new SystemError("memfd_create", -fd).message}`);
  const held = [kernel.ledger.adopt(fd, `object ${spec.name}`)];
  const close = (): void => {
    for (const descriptor of held.splice(0)) descriptor.close();
  };
  try {
    const things: Thing[] = [{ lent: { kind: "object", name: spec.name }, fd }];
    for (const map of Object.values(collection.maps)) {
      if (!wanted(map.name)) continue;
      if (!(map instanceof LinuxHandle) || map.fd < 0) throw new LendError(`map ${map.name} is not open in the Linux engine`);
      const lent = { kind: "map", name: map.name, ...recordOf(map) } as const;
      if (options.readOnly !== true || isRing(map.spec.type)) things.push({ lent, fd: map.fd });
      else {
        // Another descriptor, through which it can be read alone (4.15).
        const reader = mapById(kernel, mapInfo(kernel, map.fd).id, "read");
        held.push(reader);
        things.push({ lent, fd: reader.fd });
      }
    }
    if (options.programs === true)
      for (const program of Object.values(collection.programs))
        if (program instanceof LinuxProgram) things.push({ lent: { kind: "program", name: program.name }, fd: program.fd });
    for (const link of options.links ?? []) {
      if (!(link instanceof LinuxLink) || !link.attached)
        throw new LendError(`${link.description}: it is no link of the Linux engine that is attached`);
      // A filter of tc has none: it is attached for as long as its maker says.
      for (const one of link.descriptors)
        things.push({
          lent: { kind: "link", name: link.description, description: link.description, fixed: link.fixed },
          fd: one,
        });
    }
    const lender = new Lender(kernel, sockets, things, options);
    return {
      path: lender.path,
      [Symbol.dispose]() {
        lender[Symbol.dispose]();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

function recordOf({ spec, raw }: LinuxHandle): { readonly record?: { readonly type: number; readonly name: string } } {
  const { types } = raw;
  if (!isRing(spec.type) || spec.valueType === 0 || types === null) return {};
  return { record: { type: spec.valueType, name: types.name(spec.valueType) } };
}
