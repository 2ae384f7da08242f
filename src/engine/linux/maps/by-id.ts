/** Maps by the kernel's numbers of them. */

import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";

/** What may be done through a descriptor. Absent: both, if the map was not made with less. Since 4.15. */
export type MapAccess = "read" | "write";

const ACCESS_FLAGS = { read: 1 << 3, write: 1 << 4 } as const;

/** Since 4.13. @throws MapError `not-found`; PrivilegeError without CAP_SYS_ADMIN */
export function mapById(kernel: Kernel, id: number, access?: MapAccess): Descriptor {
  const name = `map_${id}`;
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff)
    throw new MapError(name, "not-found", `expected a map's number, found ${id}`);
  const request = new Request(kernel.transport, "map_get_fd_by_id").u32("map_id", id);
  if (access !== undefined) request.u32("open_flags", ACCESS_FLAGS[access]);
  const fd = request.send();
  if (fd >= 0) return kernel.ledger.adopt(fd, `map ${id}`);
  const cause = request.error(fd);
  switch (cause.errno) {
    case ERRNO.ENOENT:
      throw new MapError(name, "not-found", `there is no map with the number ${id}`, { cause });
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      throw explainRefusal(kernel.facts, `opening map ${id} by its number`, ["CAP_SYS_ADMIN"], cause);
    default:
      throw new MapError(name, "invalid", `opening map ${id} by its number: ${cause.message}`, { cause });
  }
}
