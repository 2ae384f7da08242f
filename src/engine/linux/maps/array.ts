/** An array (`ArrayMap`), which is a piece of memory too when it was made so (`BPF_F_MMAPABLE`, since 5.5). */

import { MapError } from "../../errors.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxMap } from "./map.ts";

const BPF_F_MMAPABLE = 1 << 10;

export class LinuxArray extends LinuxMap {
  #mapping: Mapping | null = null;

  view(): Uint8Array {
    this.raw.mustBeOpen();
    const { flags, valueSize, maxEntries } = this.spec;
    if ((flags & BPF_F_MMAPABLE) === 0)
      throw new MapError(this.name, "unsupported", `${this.name}: a view needs the creation flag BPF_F_MMAPABLE (0x400)`);
    const length = Math.ceil(valueSize / 8) * 8 * maxEntries;
    const page = this.raw.kernel.transport.pageSize;
    this.#mapping ??= this.mapMemory(Math.ceil(length / page) * page, 0, true);
    return new Uint8Array(this.#mapping.memory, 0, length);
  }

  override close(): void {
    this.#mapping?.unmap();
    this.#mapping = null;
  }
}
