/** For privileges.test.ts: which helpers this process may give to programs, by type, as JSON. */

import { MACHINE } from "../../src/engine/linux/facts.ts";
import { Asker } from "../../src/engine/linux/features/ask.ts";
import { mayCall } from "../../src/engine/linux/features/callables.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { HELPER } from "../../src/uapi/helpers.ts";

const asker = new Asker(await openNative(), MACHINE.release);
const types = ["xdp", "sched_cls", "socket_filter", "cgroup_skb", "sk_msg"] as const;
const answers = types.map((type) => [
  type,
  Object.entries(HELPER).flatMap(([name, id]) => (mayCall(asker, { type }, id, 0) === true ? [name] : [])),
]);
console.log(JSON.stringify(Object.fromEntries(answers)));
