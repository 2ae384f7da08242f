/** A kernel that has no tcx, like those before 6.6: tc programs are filters there. */

import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import { ATTACH_TYPE } from "../../src/uapi/attach-types.ts";
import { COMMAND } from "../../src/uapi/commands.ts";

const EINVAL = 22;

export function withoutTcx(transport: Transport): Transport {
  return {
    ...transport,
    prepare(command, attribute) {
      const send = transport.prepare(command, attribute);
      return () => {
        const type = new DataView(attribute.buffer, attribute.byteOffset).getUint32(8, true);
        const isTcx = type === ATTACH_TYPE.tcx_ingress || type === ATTACH_TYPE.tcx_egress;
        return command === COMMAND.link_create && isTcx ? -EINVAL : send();
      };
    },
  };
}
