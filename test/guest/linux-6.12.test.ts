/** Debian's newer kernel, with function probes, netkit and netfilter links. */

import { testInGuest } from "./suite.ts";

await testInGuest("6.12");
