/** This kernel as older ones are: it refuses links that those do not have. For tests of what is done then. */

import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import { ATTACH_TYPE, type AttachType } from "../../src/uapi/attach-types.ts";
import { COMMAND } from "../../src/uapi/commands.ts";

const EINVAL = 22;

/** Before 6.6: tc programs are filters. */
export const withoutTcx = (transport: Transport): Transport => withoutLinks(transport, "tcx_ingress", "tcx_egress");

/** Before 5.9: interfaces hold their XDP programs. */
export const withoutXdpLinks = (transport: Transport): Transport => withoutLinks(transport, "xdp");

/** Before 5.7: control groups hold their programs. */
export const withoutGroupLinks = (transport: Transport): Transport => withoutLinks(transport, "cgroup_inet4_connect");

function withoutLinks(transport: Transport, ...types: readonly AttachType[]): Transport {
  const numbers = types.map((type) => ATTACH_TYPE[type]);
  return {
    ...transport,
    prepare(command, attribute) {
      const send = transport.prepare(command, attribute);
      return () => {
        const type = new DataView(attribute.buffer, attribute.byteOffset).getUint32(8, true);
        return command === COMMAND.link_create && (numbers as readonly number[]).includes(type) ? -EINVAL : send();
      };
    },
  };
}
