/** What all maps of the kernel have in common: name, descriptor, life time. */

import type { MapSpec } from "../../../object/spec.ts";
import type { MapHandle } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { refuseOperations } from "../../map-operations.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { Mapping } from "../sys/transport.ts";
import type { RawMap } from "./raw-map.ts";

/** After its collection was disposed, every operation throws MapError `closed`. */
export abstract class LinuxHandle implements MapHandle, Disposable {
  readonly name: string;
  readonly spec: MapSpec;
  /** @internal Of this room. */
  readonly raw: RawMap;

  constructor(raw: RawMap) {
    this.name = raw.spec.name;
    this.spec = raw.spec;
    this.raw = raw;
  }

  /** The map's descriptor; it belongs to the collection. -1 once that is disposed. */
  get fd(): number {
    return this.raw.fd;
  }

  /** Makes it read-only for user space, for good. Since 5.2. */
  freeze(): void {
    this.raw.freeze();
  }

  async pin(path: string): Promise<void> {
    this.raw.mustBeOpen();
    const { pinObject } = await import("../pins.ts");
    this.raw.mustBeOpen();
    pinObject(this.raw.kernel, this.fd, path, { what: `map ${this.name}` });
  }

  async unpin(path: string): Promise<void> {
    const { unpin } = await import("../pins.ts");
    unpin(this.raw.kernel, path, { what: `map ${this.name}` });
  }

  /** Gives back what the map's descriptor does not hold: memory, events, waiters. The descriptor is its collection's. */
  close(): void {}

  /** Lets go of the map: for those that were opened by themselves; a collection does it for its own. Twice is harmless. */
  [Symbol.dispose](): void {
    this.close();
    this.raw.descriptor.close();
  }

  /** A part of the map as memory. @throws MapError */
  protected mapMemory(length: number, offset: number, writable: boolean, address = 0n): Mapping {
    this.raw.mustBeOpen();
    const { transport } = this.raw.kernel;
    const mapping = transport.map(this.fd, length, offset, writable, address);
    if (typeof mapping !== "number") return mapping;
    const cause = new SystemError("mmap", -mapping);
    const why = cause.errno === ERRNO.EPERM ? "it is frozen, or was made read-only for user space" : cause.message;
    throw new MapError(
      this.name,
      cause.errno === ERRNO.ENOMEM ? "memory" : "unsupported",
      `map ${this.name}: as memory: ${why}`,
      {
        cause,
      },
    );
  }
}

refuseOperations(LinuxHandle.prototype, ["attach"]);
